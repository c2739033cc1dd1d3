import { describe, expect, it } from "vitest";
import { decoded, plain, reachedExposure, workload } from "../../../support/builders.ts";
import { decodeLabels } from "./known.ts";

describe("how a route is displayed", () => {
  it("a route is displayed as its labels say, each text on one line", () => {
    const { exposures, problems } = decodeLabels({
      "app.name": " Family\n  wiki ",
      "app.icon": "fa://fa-book",
      "app.description": "What we know, and what we do not.",
      "app.category": "Zuhause & Büro",
      "app.hidden": "true",
    });
    expect(problems).toEqual([]);
    expect(exposures).toEqual([
      reachedExposure("app.example.com", {
        display: {
          name: "Family wiki",
          icon: "fa://fa-book",
          description: "What we know, and what we do not.",
          category: "Zuhause & Büro",
          hidden: true,
        },
      }),
    ]);
  });

  it("a route is visible if no label says otherwise", () => {
    expect(decodeLabels({ "app.hidden": "false" }).exposures).toEqual([
      reachedExposure("app.example.com", { display: plain }),
    ]);
  });

  it.each([
    "https://example.com/wiki.png",
    "http://nas:5000/icon.svg?x=1",
    "fa://fa-book",
    "fa://fa-360",
  ])("a route may have the icon %s", (icon) => {
    expect(decodeLabels({ "app.icon": icon }).exposures.map(({ display }) => display.icon)).toEqual(
      [icon],
    );
  });

  it.each([
    "",
    "book",
    "fa-book",
    "fa://book",
    "fa://fa-Book",
    "/icons/wiki.png",
    "//example.com/x.png",
    "javascript:alert(1)",
    "data:image/png;base64,x",
    "https://",
    "https://example.com/a b.png",
    `https://example.com/${"x".repeat(500)}`,
  ])("a route with the icon %j does not open", (icon) => {
    const { exposures, says } = decodeLabels({ "app.icon": icon });
    expect(exposures).toEqual([]);
    expect(says).toEqual([
      [
        "CFA-LABEL-VALUE",
        "cfauth.app.icon",
        `cfauth.app.icon="${icon.slice(0, 100)}" is not an icon`,
        "write an address such as https://example.com/wiki.png, or fa://fa-book",
      ],
    ]);
  });

  it.each(["app.name", "app.description", "app.category"])(
    "a route does not open if %s is empty, too long or has invisible characters",
    (key) => {
      const says = (text: string) =>
        decodeLabels({ [key]: text }).problems.map(({ code, fix }) => [code, fix]);
      expect([says(" "), says("x".repeat(251)), says("a\u0000b")]).toEqual([
        [["CFA-LABEL-VALUE", "write a text, or remove the label"]],
        [["CFA-LABEL-VALUE", "write at most 250 characters"]],
        [["CFA-LABEL-VALUE", "write plain text"]],
      ]);
      expect(says("x".repeat(250))).toEqual([]);
    },
  );
});

describe("adoption of foreign objects", () => {
  it.each([
    { text: "true", adopt: true },
    { text: "false", adopt: false },
  ])("adopt=$text is read as $adopt", ({ text, adopt }) => {
    expect(decodeLabels({ adopt: text }).exposures).toEqual([
      reachedExposure("app.example.com", { adopt }),
    ]);
  });

  it("the advice about adoption names the label of that route, with the configured prefix", () => {
    const { exposures } = decoded([workload({ "home.web.hostname": "app.example.com" })], {
      prefix: "home",
    });
    expect(exposures.map(({ adoptHint }) => adoptHint)).toEqual([
      'set home.web.adopt: "true" on container app',
    ]);
  });

  it.each([
    { key: "adopt", text: "yes", fix: "write true" },
    { key: "adopt", text: "", fix: "write true or false" },
    { key: "app.hidden", text: "no", fix: "write false" },
  ])("$key=$text is neither yes nor no and opens nothing", ({ key, text, fix }) => {
    const { exposures, says } = decodeLabels({ [key]: text });
    expect(exposures).toEqual([]);
    expect(says).toEqual([
      [
        "CFA-LABEL-VALUE",
        `cfauth.${key}`,
        `cfauth.${key}="${text}" is neither true nor false`,
        fix,
      ],
    ]);
  });
});

describe("labels for Homepage", () => {
  const HOME = {
    "homepage.name": "Family  wiki",
    "homepage.icon": "https://example.com/wiki.png",
    "homepage.description": '"What we know"',
    "homepage.group": "Home",
    "homepage.href": "https://elsewhere.example.com",
    "homepage.widget.type": "wikijs",
  };
  const WORN = {
    name: "Family wiki",
    icon: "https://example.com/wiki.png",
    description: "What we know",
    category: "Home",
    hidden: false,
  };
  const shows = (labels: Record<string, string>) => {
    const { exposures, problems } = decoded([workload(labels)]);
    expect(problems).toEqual([]);
    return exposures.map(({ route, display }) => [route.hostname, display]);
  };

  it("labels for Homepage fill the tile if no label of ours does, and change nothing else", () => {
    const { exposures } = decoded([workload({ ...HOME, "cfauth.hostname": "app.example.com" })]);
    expect(exposures).toEqual([reachedExposure("app.example.com", { display: WORN })]);
  });

  it("labels for Homepage give way to ours one by one", () => {
    const ours = {
      "cfauth.hostname": "app.example.com",
      "cfauth.app.name": "Wiki",
      "cfauth.app.hidden": "true",
    };
    expect(shows({ ...HOME, ...ours })).toEqual([
      ["app.example.com", { ...WORN, name: "Wiki", hidden: true }],
    ]);
  });

  it.each(["wiki.png", "mdi-book", "si-wikijs", "sh-wiki.svg", "/icons/wiki.png", ""])(
    "a Homepage icon that is no address, %s, is ignored",
    (icon) => {
      expect(shows({ "cfauth.hostname": "app.example.com", "homepage.icon": icon })).toEqual([
        ["app.example.com", plain],
      ]);
    },
  );

  it("labels for Homepage that no tile can show are ignored", () => {
    const odd = {
      "homepage.name": "",
      "homepage.description": "x".repeat(251),
      "homepage.group": "a\u0000b",
    };
    expect(shows({ "cfauth.hostname": "app.example.com", ...odd })).toEqual([
      ["app.example.com", plain],
    ]);
  });

  it("labels for Homepage apply only to the route without a name", () => {
    const labels = {
      ...HOME,
      "cfauth.hostname": "app.example.com",
      "cfauth.admin.hostname": "admin.example.com",
    };
    expect(shows(labels)).toEqual([
      ["admin.example.com", plain],
      ["app.example.com", WORN],
    ]);
  });

  it("labels for Homepage alone open nothing", () => {
    expect(decoded([workload(HOME)])).toEqual({ exposures: [], faulty: [], problems: [] });
  });
});
