"""A server that messages are sent to."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

WAIT_SECONDS = 20.0


class Receiver:
    """A real server that answers what `answers` says, the last for ever, and notes what came."""

    def __init__(self) -> None:
        self.answers = [200]
        self.seen: list[tuple[str, dict[str, str], bytes]] = []
        self.arrived = threading.Condition()
        self.may_answer = threading.Event()
        self.may_answer.set()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                with receiver.arrived:
                    receiver.seen.append((self.path, dict(self.headers.items()), body))
                    answers = receiver.answers
                    status = answers.pop(0) if len(answers) > 1 else answers[0]
                    receiver.arrived.notify_all()
                receiver.may_answer.wait(WAIT_SECONDS)
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", f"{receiver.url}/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
