/** `npm run demo`: the whole story on this machine, told as it happens. */
import { parseArgs } from "node:util";
import { reap } from "../test/docker/reaper.ts";

