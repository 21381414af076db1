<?php
/**
 *  A client as the vendor's documentation describes its own: how it builds addresses, when it takes
 *  an answer for JSON, and what it reads of the headers. Only the host is an argument here.
 */
class CopernicaRestAPI
{
    private $token;
    private $version;
    private $host;

    public function __construct($token, $version = 2)
    {
        $this->token = $token;
        $this->version = $version;
        $this->host = getenv('HOST');
    }

    /** What the answer's JSON says; its text when its type is not exactly JSON's. */
    public function get($resource, array $parameters = array())
    {
        $curl = curl_init($this->address($resource, $parameters));
        curl_setopt_array($curl, array(CURLOPT_RETURNTRANSFER => true));
        $answer = curl_exec($curl);
        $type = curl_getinfo($curl, CURLINFO_CONTENT_TYPE);
        curl_close($curl);
        if ($type !== 'application/json') return $answer;
        $data = json_decode($answer, true);
        if (is_null($data)) throw new Exception("Unexpected input: {$answer}");
        return $data;
    }

    /** The id of what was made, else true; false when it was refused. */
    public function post($resource, array $data = array())
    {
        return $this->sendData($resource, $data, array(), 'POST');
    }

    public function put($resource, $data, array $parameters = array())
    {
        return $this->sendData($resource, $data, $parameters, 'PUT');
    }

    /** The answer's body goes straight to the output. */
    public function delete($resource)
    {
        $curl = curl_init($this->address($resource));
        curl_setopt_array($curl, array(CURLOPT_CUSTOMREQUEST => 'DELETE'));
        $done = curl_exec($curl);
        curl_close($curl);
        return $done;
    }

    private function sendData($resource, $data, $parameters, $method)
    {
        $curl = curl_init($this->address($resource, $parameters));
        curl_setopt_array($curl, array(
            CURLOPT_CUSTOMREQUEST  => $method,
            CURLOPT_HEADER         => true,
            CURLOPT_RETURNTRANSFER => true,
            CURLOPT_HTTPHEADER     => array('content-type: application/json'),
            CURLOPT_POSTFIELDS     => json_encode($data),
        ));
        $answer = curl_exec($curl);
        $status = curl_getinfo($curl, CURLINFO_HTTP_CODE);
        curl_close($curl);
        if (!$status || $status == 400) return false;
        if (!preg_match('/X-Created:\s?(\d+)/i', $answer, $found)) return true;
        return $found[1];
    }

    private function address($resource, array $parameters = array())
    {
        $query = http_build_query(array('access_token' => $this->token) + $parameters);
        return "{$this->host}/v{$this->version}/{$resource}?{$query}";
    }
}
