import { ignoredImageLabels } from "../../../src/core/labels/image.ts";
import { decoded, workload } from "../../../test/support/builders.ts";
import { type Entry, ROUTE_CLOSED_OR_KEPT, type ShownProblem, yaml } from "./entry.ts";

const SETTINGS = { prefix: "cfauth", reads: [] };

/** The problems of a container whose image has these labels and whose operator set a hostname. */
const imageLabelProblems = (...names: readonly string[]): readonly ShownProblem[] =>
  ignoredImageLabels(
    [
      workload(
        { "cfauth.hostname": "wiki.example.com" },
        { name: "wiki", imageLabels: { kind: "ignored", names } },
      ),
    ],
    SETTINGS,
  );

/** The problems of a container whose image cannot be inspected. */
const unknownImageProblems = (labels: Readonly<Record<string, string>>): readonly ShownProblem[] =>
  decoded([
    workload(
      { "cfauth.hostname": "wiki.example.com", ...labels },
      {
        name: "wiki",
        imageLabels: {
          kind: "unknown",
          why: "the socket proxy at tcp://socket-proxy:2375 refuses GET /images/<id>/json (403)",
        },
      },
    ),
  ]).problems;

export const IMAGES = {
  "CFA-IMAGE-LABEL": {
    title: "ignored labels of an image",
    messages: () => [
      ...imageLabelProblems("cfauth.access"),
      ...imageLabelProblems("cfauth.access", "cfauth.app.name"),
      ...imageLabelProblems("homepage.name"),
    ],
    meaning:
      "The container's image has labels that cfauth would read. Docker lists them among the container's own labels. cfauth inspects the image and ignores each label whose name and value come from it.",
    warning: true,
    reason:
      "cfauth uses only the labels that the operator wrote. An update of an image must not make a page public, claim a hostname or put a container into another project.",
    solution: [
      "Set the labels on the container. cfauth cannot distinguish a label that repeats the image's value from the image's own, so give the route a name:",
      yaml(
        "    labels:",
        "      cfauth.own.hostname: wiki.example.com",
        "      cfauth.own.access: public",
      ),
      "`CFAUTH_IMAGE_LABELS=true` obeys the labels of every image on this machine. It is for people who build all of them themselves.",
    ],
    effect:
      "Routes that only the image asks for do not open. Routes that the operator's labels ask for are not affected.",
  },
  "CFA-IMAGE-UNKNOWN": {
    title: "an image that cannot be inspected",
    messages: () => [
      ...unknownImageProblems({ "cfauth.access": "public" }),
      ...unknownImageProblems({ "cfauth.access.bypass": "/hooks", "cfauth.adopt": "true" }),
    ],
    meaning:
      "cfauth could not inspect the container's image, so any label may come from it. cfauth then ignores labels that admit someone without a login (`access=public`, `access.bypass`, `access.service-tokens`, `access.policies`), adopt objects, share a hostname or point away from the container. It obeys the others.",
    reason: "The author of an image must not decide that a page is public.",
    solution: [
      "Allow `GET /images/<id>/json` in the socket proxy; [security.md](security.md#docker) has rules for three proxies. cfauth tries again within minutes, or at once after a restart.",
      "Or set `CFAUTH_IMAGE_LABELS=true`, which obeys the labels of every image on this machine.",
    ],
    effect: ROUTE_CLOSED_OR_KEPT,
  },
} as const satisfies Readonly<Record<string, Entry>>;
