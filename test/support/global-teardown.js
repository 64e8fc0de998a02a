export default async function stopServer() {
  await globalThis.sharedServer?.stop();
}
