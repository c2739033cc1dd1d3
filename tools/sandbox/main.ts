/** `npm run sandbox`: the simulated Cloudflare and Authentik of the tests, running until Ctrl-C. */

import { docker } from "../../test/e2e/docker/run.ts";
import { dockerResolver } from "../../test/sandbox/edge/docker-resolver.ts";
import { type Sandbox, startSandbox } from "../../test/sandbox/index.ts";
import { guide } from "./guide.ts";
import { HELP, type Options, parseOptions, UsageError } from "./options.ts";

const USAGE_EXIT_CODE = 64;

async function main(argv: readonly string[]): Promise<number> {
  let options: Options;
  try {
    options = parseOptions(argv);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n\n${HELP}`);
    return USAGE_EXIT_CODE;
  }
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const stopped = waitForStop();
  const sandbox = await start(options).catch((error: unknown) => explainStart(error));
  if (typeof sandbox === "string") {
    process.stderr.write(`${sandbox}\n`);
    return 1;
  }
  process.stdout.write(guide(sandbox, options));
  printWrites(sandbox);
  await stopped;
  await sandbox.close();
  return 0;
}

async function start({ ports, authentik, network }: Options): Promise<Sandbox> {
  const resolve = network === undefined ? undefined : dockerResolver(await docker(), [network]);
  return startSandbox({
    version: authentik,
    port: ports.edge,
    cloudflarePort: ports.cloudflare,
    authentikPort: ports.authentik,
    ...(resolve && { resolve }),
  });
}

function explainStart(error: unknown): string {
  const { code, message, port } = error as NodeJS.ErrnoException & { readonly port?: number };
  if (code !== "EADDRINUSE") return `The sandbox did not start: ${message}`;
  return `Port ${port} is in use. Choose another one; see npm run sandbox -- --help`;
}

/** Shows each request that changes something, and each request or answer that breaks a vendor's schema. */
function printWrites({ controls }: Sandbox): void {
  let reported = 0;
  controls.hook((call, moment) => {
    if (moment === "before" && call.write)
      process.stdout.write(`${call.api.padEnd(10)}  ${call.method.padEnd(6)}  ${call.path}\n`);
    for (const violation of controls.violations.slice(reported))
      process.stderr.write(`${violation}\n`);
    reported = controls.violations.length;
  });
}

/** Ends with the first signal, or when nobody reads the output any more, for example behind `| head`. */
function waitForStop(): Promise<void> {
  return new Promise((stop) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stop());
    process.stdout.on("error", () => stop());
  });
}

process.exit(await main(process.argv.slice(2)));
