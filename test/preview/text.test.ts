import { it } from "vitest";
import { closing, grouped } from "../../src/preview/text.ts";
import { anybody, exposure, only } from "../builders.ts";
import { handMade, OWNER } from "../plan/model.ts";
import { empty, previewOf, settled } from "./scene.ts";

const plainly = { paint: (_: unknown, text: string) => text };
const told = async (...of: Parameters<typeof previewOf>) => {
  const preview = await previewOf(...of);
  return [...grouped(preview, OWNER, plainly), ...closing(preview)].join("\n");
};
const at = (name: string, more = {}) =>
  exposure(`${name}.example.com`, { workload: name, origin: { service: `http://${name}:80`, options: {} }, ...more });
it("x", async () => {
  console.log(await told(empty(), [at("wiki", { protection: only({ groups: ["family"] }) }), at("status", { protection: anybody })]));
  console.log(
    await told(await settled(at("wiki", { protection: only({ groups: ["family"] }) }), at("old"), at("notes")), [
      at("wiki", { protection: only({ groups: ["admins", "family"], emails: ["a@b.de"] }) }),
      at("notes", { gate: undefined, protection: anybody, origin: { service: "http://n2:80", options: { noTLSVerify: true } } }),
      at("theirs"),
      at("paper", { gate: "the health check of container paper (starting)" }),
    ]),
  );
  console.log(await told(handMade(empty()), [at("d", { adopt: true })]));
  console.log(await told(await settled(at("wiki")), [at("wiki")]));
  console.log(await told(await settled(at("wiki"), at("x")), [at("wiki")]));
});
