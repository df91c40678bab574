// What the AsyncAPI initiative's parser finds wrong with the document on standard input, a finding a line; 1 where there is any.
const { Parser } = require("@asyncapi/parser");

const HINTS = new Set(["asyncapi-latest-version"]); // wishes, not faults: what we promise is 3.0

async function main() {
  let text = "";
  for await (const part of process.stdin) text += part;
  const { document, diagnostics } = await new Parser().parse(text);
  const findings = diagnostics.filter((one) => !HINTS.has(one.code));
  for (const one of findings) console.log(`${one.code}: ${one.message} (/${one.path.join("/")})`);
  if (!document) console.log("not an AsyncAPI document");
  else console.log(`channels: ${document.allChannels().length}`);
  process.exit(findings.length || !document ? 1 : 0);
}

main();
