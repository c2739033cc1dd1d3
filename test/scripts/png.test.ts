import { crc32, deflateSync, inflateSync } from "node:zlib";
import { expect, test } from "vitest";
import { smaller } from "../../scripts/pictures/png.ts";

const [RED, GREEN, BLUE, GREY] = [
  [200, 0, 0],
  [0, 200, 0],
  [0, 0, 200],
  [90, 90, 90],
] as const;

/** As a browser writes it, each row by another of PNG's five filters. */
function png(rows: readonly (readonly (readonly number[])[])[]): Buffer {
  const flat = rows.map((row) => row.flat());
  const width = rows[0]?.length ?? 0;
  const filtered = flat.map((row, y) => {
    const at = (x: number, up: number) => (x < 0 || y - up < 0 ? 0 : (flat[y - up]?.[x] ?? 0));
    const guess = (x: number): number => {
      const [left, above, corner] = [at(x - 3, 0), at(x, 1), x < 3 ? 0 : at(x - 3, 1)];
      const nearest = [left, above, corner].toSorted(
        (a, b) => Math.abs(left + above - corner - a) - Math.abs(left + above - corner - b),
      )[0];
      return [0, left, above, (left + above) >> 1, nearest][y % 5] ?? 0;
    };
    return [y % 5, ...row.map((value, x) => (value - guess(x)) & 255)];
  });
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(rows.length, 4);
  head.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from("89504e470d0a1a0a", "hex"),
    ...[["IHDR", head] as const, ["IDAT", deflateSync(Buffer.from(filtered.flat()))] as const, ["IEND", Buffer.alloc(0)] as const].map(
      ([type, data]) => {
        const body = Buffer.concat([Buffer.from(type), data]);
        const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
        length.writeUInt32BE(data.length);
        check.writeUInt32BE(crc32(body));
        return Buffer.concat([length, body, check]);
      },
    ),
  ]);
}

const chunk = (file: Buffer, type: string): Buffer => {
  const at = file.indexOf(type);
  return file.subarray(at + 4, at + 4 + file.readUInt32BE(at - 4));
};

test("a picture keeps its colours when it is made small", () => {
  const rows = [
    [RED, GREEN, BLUE],
    [GREEN, GREEN, RED],
    [BLUE, RED, GREY],
    [GREY, GREY, GREEN],
    [RED, BLUE, GREY],
  ];
  const small = smaller(png(rows));
  const palette = chunk(small, "PLTE");
  const data = inflateSync(chunk(small, "IDAT"));
  const shown = rows.map((row, y) =>
    row.map((_, x) => [...palette.subarray((data[y * 4 + 1 + x] ?? 0) * 3, (data[y * 4 + 1 + x] ?? 0) * 3 + 3)]),
  );
  expect(shown).toEqual(rows);
});

test("what is no browser's picture is refused", () => {
  const file = png([[RED]]);
  file[24] = 16;
  expect(() => smaller(file)).toThrow("not a browser's PNG");
});
