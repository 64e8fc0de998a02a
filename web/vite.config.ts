import preact from "@preact/preset-vite";
import { defineConfig } from "vite";
import { precompress } from "./precompress.js";

/**
 * `vite` serves the page with the API of a running Tapeline as proxy target; `vite build` writes
 * what Tapeline serves.
 */
export default defineConfig({
  root: import.meta.dirname,
  plugins: [preact({ devToolsEnabled: false }), precompress()],
  build: {
    outDir: "../dist/web",
    emptyOutDir: true,
    target: "es2022",
    // The content policy blocks data: and inline scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: Object.fromEntries(
      ["/api", "/docs", "/docs-json", "/metrics", "/health", "/socket.io"].map((path) => [
        path,
        { target: "http://localhost:3000", ws: true },
      ]),
    ),
  },
});
