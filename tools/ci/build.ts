/**
 * Bundles src/main.ts and its dependencies into one file that Node can run.
 *
 *     node tools/ci/build.ts [--entry src/main.ts] [--outfile dist/cfauth.js] [--shebang "/usr/bin/env node"]
 */

import { chmod, mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { build, type Plugin } from "esbuild";

const { values } = parseArgs({
  options: {
    entry: { type: "string", default: "src/main.ts" },
    outfile: { type: "string", default: "dist/cfauth.js" },
    shebang: { type: "string", default: "/usr/bin/env node" },
  },
});

/**
 * dockerode loads these at its start, but cfauth never calls them: ssh:// hosts (with native parts) and BuildKit sessions.
 * They would be two fifths of the file, and they load a `.proto` and native modules from paths that a bundle lacks.
 */
const UNUSED = ["ssh2", "@grpc/grpc-js", "@grpc/proto-loader"];

const withoutUnused: Plugin = {
  name: "without-unused",
  setup(builder) {
    const filter = new RegExp(`^(${UNUSED.join("|")})$`);
    builder.onResolve({ filter }, ({ path }) => ({ path, namespace: "unused" }));
    builder.onLoad({ filter: /.*/, namespace: "unused" }, ({ path }) => ({
      contents: absent(path),
      loader: "js",
    }));
  },
};

/** A module that can be loaded and throws a clear error as soon as any part of it is called. */
function absent(name: string): string {
  const message = JSON.stringify(`${name} is not part of this build of cfauth`);
  return `const no = function () { throw new Error(${message}); }; module.exports = new Proxy(no, { get: () => no });`;
}

/** The bundle is an ES module; dockerode and pino are CommonJS and need these three. */
const COMMONJS = [
  'import { createRequire as __createRequire } from "node:module";',
  "const require = __createRequire(import.meta.url);",
  "const __filename = import.meta.filename, __dirname = import.meta.dirname;",
];

async function bundle(): Promise<void> {
  await mkdir(dirname(values.outfile), { recursive: true });
  await build({
    entryPoints: [values.entry],
    outfile: values.outfile,
    bundle: true,
    platform: "node",
    target: "node24",
    format: "esm",
    // Keep names and lines, so that a stack trace in a bug report is readable.
    minifySyntax: true,
    keepNames: true,
    banner: { js: [`#!${values.shebang}`, ...COMMONJS].join("\n") },
    plugins: [withoutUnused],
    logLevel: "warning",
  });
  await chmod(values.outfile, 0o755);
  const { size } = await stat(values.outfile);
  process.stdout.write(`${values.outfile}  ${(size / 1024 / 1024).toFixed(2)} MiB\n`);
}

await bundle();
