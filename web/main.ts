import "./frame/tokens.css";
import "./frame/base.css";
import "./frame/frame.css";
// Connects at once, so that data arrive while the views are loaded.
import "./live/session.js";

const root = document.getElementById("page");
if (root === null) throw new Error("index.html has no #page");
// In separate tasks: a single one would block the browser for too long.
const { start } = await import("./frame/start.js");
start(root);
