// Compares pictures pixel by pixel, as `pixelmatch` sees them.
import pixelmatch from 'pixelmatch';
import { PNG } from 'pngjs';

/** x, y, width, height in pixels; fractions are rounded outwards. */
export type Box = readonly [number, number, number, number];

export interface Difference {
  /** Pixels that differ, of those that count. */
  different: number;
  /** Pixels that count. */
  counted: number;
  /** The first by the second, in percent. */
  percent: number;
  /** Where they differ, as PNG. */
  picture: Buffer;
}

/** How `actual` differs from `reference` inside `areas` and outside `masks`. */
export function compare(actual: Buffer, reference: Buffer, areas: readonly Box[], masks: readonly Box[]): Difference {
  const [left, right] = [PNG.sync.read(actual), PNG.sync.read(reference)];
  const { width, height } = right;
  if (left.width !== width || left.height !== height) {
    throw new Error(`the pictures are of different sizes: ${left.width}×${left.height} and ${width}×${height}`);
  }
  const counts = new Uint8Array(width * height);
  const fill = ([x, y, w, h]: Box, value: number): void => {
    const [start, end] = [Math.max(0, Math.floor(x)), Math.min(width, Math.ceil(x + w))];
    for (let row = Math.max(0, Math.floor(y)); row < Math.min(height, Math.ceil(y + h)); row += 1) {
      counts.fill(value, row * width + start, row * width + end);
    }
  };
  for (const area of areas) fill(area, 1);
  for (const mask of masks) fill(mask, 0);
  let counted = 0;
  counts.forEach((on, index) => {
    counted += on;
    if (on === 0) for (const picture of [left, right]) picture.data.fill(0, 4 * index, 4 * index + 4);
  });
  const picture = new PNG({ width, height });
  const different = pixelmatch(left.data, right.data, picture.data, width, height, { threshold: 0.1 });
  return { different, counted, percent: (100 * different) / counted, picture: PNG.sync.write(picture) };
}
