/** Makes a browser's screenshot small: 256 colours, which a page has hardly more of, and the best that deflate can do. */

import { crc32, deflateSync, inflateSync } from "node:zlib";

const SIGNATURE = Buffer.from("89504e470d0a1a0a", "hex");

/** @param png - 8 bits a channel, RGB or RGBA, not interlaced: what browsers write. What is transparent in it becomes opaque */
export function smaller(png: Buffer): Buffer {
  const chunks = read(png);
  const head = chunks.find(({ type }) => type === "IHDR")?.data;
  if (head === undefined || head[8] !== 8 || (head[9] !== 2 && head[9] !== 6) || head[12] !== 0) throw new Error("not a browser's PNG");
  const [width, height, channels] = [head.readUInt32BE(0), head.readUInt32BE(4), head[9] === 6 ? 4 : 3];
  const data = inflateSync(Buffer.concat(chunks.filter(({ type }) => type === "IDAT").map((it) => it.data)));
  const pixels = unfiltered(data, width * channels, height, channels);
  const { palette, indices } = quantized(pixels, channels);
  const rows = Buffer.alloc(height * (width + 1));
  for (let y = 0; y < height; y++) rows.set(indices.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
  const header = Buffer.from(head);
  header[9] = 3;
  return Buffer.concat([
    SIGNATURE,
    chunk("IHDR", header),
    chunk("PLTE", Buffer.from(palette.flatMap((rgb) => [rgb >> 16, (rgb >> 8) & 255, rgb & 255]))),
    chunk("IDAT", deflateSync(rows, { level: 9, memLevel: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function read(png: Buffer): readonly { readonly type: string; readonly data: Buffer }[] {
  const chunks = [];
  for (let at = SIGNATURE.length; at < png.length; ) {
    const length = png.readUInt32BE(at);
    chunks.push({ type: png.toString("latin1", at + 4, at + 8), data: png.subarray(at + 8, at + 8 + length) });
    at += 12 + length;
  }
  return chunks;
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

/** Undoes the five filters of PNG (RFC 2083, section 6). */
function unfiltered(data: Buffer, stride: number, height: number, channels: number): Buffer {
  const out = Buffer.alloc(stride * height);
  for (let y = 0; y < height; y++) {
    const filter = data[y * (stride + 1)];
    for (let x = 0; x < stride; x++) {
      const at = y * stride + x;
      const left = x < channels ? 0 : (out[at - channels] ?? 0);
      const up = y === 0 ? 0 : (out[at - stride] ?? 0);
      const corner = x < channels || y === 0 ? 0 : (out[at - stride - channels] ?? 0);
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter ?? 0] ?? 0;
      out[at] = (data[y * (stride + 1) + 1 + x] ?? 0) + guess;
    }
  }
  return out;
}

function paeth(left: number, up: number, corner: number): number {
  const [toLeft, toUp, toCorner] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}

/** The most frequent colours that differ visibly, 256 at most; every other one becomes the nearest of them. */
function quantized(pixels: Buffer, channels: number): { readonly palette: readonly number[]; readonly indices: Uint8Array } {
  const colours = new Uint32Array(pixels.length / channels);
  const counts = new Map<number, number>();
  for (let at = 0; at < colours.length; at++) {
    const rgb = pixels.readUIntBE(at * channels, 3);
    colours[at] = rgb;
    counts.set(rgb, (counts.get(rgb) ?? 0) + 1);
  }
  const palette: number[] = [];
  for (const [rgb, count] of [...counts].toSorted(([, a], [, b]) => b - a)) {
    const apart = count > MANY ? 0 : ALIKE;
    if (palette.length < 256 && palette.every((it) => distance(rgb, it) > apart)) palette.push(rgb);
  }
  const index = new Map([...counts.keys()].map((rgb) => [rgb, nearest(rgb, palette)]));
  return { palette, indices: Uint8Array.from(colours, (rgb) => index.get(rgb) ?? 0) };
}

/** Pixels of one colour that are a surface and no edge of a letter: it stays exactly as it is. */
const MANY = 2_000;

/** Squared distance of two colours that no eye tells apart at the edge of a letter. */
const ALIKE = 3 * 9 ** 2;

const nearest = (rgb: number, palette: readonly number[]): number =>
  palette.reduce((best, _, at) => (distance(rgb, palette[at] ?? 0) < distance(rgb, palette[best] ?? 0) ? at : best), 0);

const distance = (a: number, b: number): number =>
  [16, 8, 0].reduce((sum, shift) => sum + (((a >> shift) & 255) - ((b >> shift) & 255)) ** 2, 0);
