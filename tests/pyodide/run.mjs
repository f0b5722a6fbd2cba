// Run a Python file in Pyodide with the course and its packages: node run.mjs FILE ROOT WHEEL...
// Prints the value of the file's last line. Nothing is asked from a network.
import { readFile } from "node:fs/promises";
import { loadPyodide } from "pyodide";

const [file, root, ...wheels] = process.argv.slice(2);
try {
  const pyodide = await loadPyodide({ stdout: console.error, env: { SPEAK_SMTP_TRANSPORT: "memory", HOME: "/home" } });
  for (const wheel of wheels) {
    pyodide.unpackArchive(new Uint8Array(await readFile(wheel)), "wheel");
  }
  pyodide.mountNodeFS("/course", root);
  pyodide.runPython("import sys; sys.path.insert(0, '/course'); sys.dont_write_bytecode = True");
  console.log(pyodide.runPython(await readFile(file, "utf-8")));
} catch (error) {
  // Node.js itself would print the line of the source, a megabyte of generated code
  console.error(error.message ?? error);
  process.exit(1);
}
