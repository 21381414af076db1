// Reads JSON:API documents, one a line, and answers each with "" or what is wrong with it.
import { createInterface } from "node:readline";
import jsonapi from "jsonapi-validator";

const validator = new jsonapi.Validator();
for await (const line of createInterface({ input: process.stdin })) {
  let problem = "";
  try {
    validator.validate(JSON.parse(line));
  } catch (error) {
    problem = JSON.stringify(error.errors ?? error.message);
  }
  process.stdout.write(problem + "\n");
}
