import { readFileSync, readdirSync } from "node:fs";

/** A process and its living descendants. */
function treeOf(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const parent = Number(statOf(Number(name))?.[1]);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const tree = [pid];
  for (const member of tree) tree.push(...(children.get(member) ?? []));
  return tree;
}

/**
 * CPU time of a process and all its descendants, seconds. Ended ones count once their parent has
 * reaped them.
 */
export function treeCpuSeconds(pid: number): number {
  let ticks = 0;
  for (const member of treeOf(pid)) {
    const [user, system, ofEnded, systemOfEnded] = (statOf(member)?.slice(11, 15) ?? []).map(
      Number,
    );
    ticks += (user ?? 0) + (system ?? 0);
    ticks += (ofEnded ?? 0) + (systemOfEnded ?? 0);
  }
  return ticks / 100;
}

/** Memory of a process and its descendants, MB; shared memory counts once. */
export function treeMegabytes(pid: number): number {
  const kilobytes = treeOf(pid).map((member) =>
    Number(/^Pss:\s+(\d+) kB/m.exec(read(member, "smaps_rollup"))?.[1] ?? 0),
  );
  return kilobytes.reduce((sum, kB) => sum + kB, 0) / 1_024;
}

/**
 * Fields of /proc/PID/stat after the name, from the state on; undefined when the process has just
 * ended.
 */
function statOf(pid: number): string[] | undefined {
  const stat = read(pid, "stat");
  return stat === "" ? undefined : stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}
