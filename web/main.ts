import "./frame/tokens.css";
import "./frame/base.css";
import "./frame/frame.css";
// Connects at once, and data are on their way while the views are loaded.
import "./live/session.js";

const root = document.getElementById("page");
if (root === null) throw new Error("index.html has no #page");
// In tasks of their own: all of it at once would hold up the browser for too long.
const { start } = await import("./frame/start.js");
start(root);
