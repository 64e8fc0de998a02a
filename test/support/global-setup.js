import { tsImport } from "tsx/esm/api";

/** One PostgreSQL for the run; nothing of it is left behind, also when the run is interrupted. */
export default async function startServer() {
  const { SharedServer } = await tsImport("./shared-server.ts", import.meta.url);
  const server = await SharedServer.start();
  const interrupted = (signal) => {
    server.remove();
    process.kill(process.pid, signal);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, interrupted);
  globalThis.sharedServer = server;
}
