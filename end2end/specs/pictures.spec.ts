// The dashboard beside the picture that it was designed by: reference/dashboard-1920x1080.png.
import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Box, compare } from '../support/pixels.ts';
import { expect, test } from '../support/test.ts';

const REFERENCE = fs.readFileSync(fileURLToPath(new URL('../reference/dashboard-1920x1080.png', import.meta.url)));
const MOST_PERCENT = 1;

// Boxes of the reference picture, in CSS pixels.
const HEADER: Box = [0, 0, 1920, 52];
const RIGHT_OF_THE_TABS: Box = [882.72, 0, 1037.28, 52];
const LEFT_PANEL: Box = [0, 52, 1496, 1028];
const PHASE_TOGGLE: Box = [1089.75, 81.75, 162.42, 29];
// The ETA column of the rows of essentials: the open row's datasets have none.
const ETA: readonly Box[] = [
  [1327.92, 310.09, 143.08, 97],
  [1327.92, 749.59, 143.08, 330.41],
];
const RESIZE_HANDLE: Box = [1496, 52, 4, 1028];
const CHAT_HEADER: Box = [1500, 52, 420, 66.5];
const CHAT_CONTEXT: Box = [1500, 118.5, 420, 37.5];
const CHAT_INPUT: Box = [1500, 963.5, 420, 116.5];
const CHAT_TEXTS: readonly Box[] = [
  [1557, 66, 98.61, 37.5], // title and status
  [1537, 126.5, 190, 20.5], // "Context:" and its tags
  [1532, 997.5, 317, 20], // placeholder
  [1519, 1032.5, 383, 31.5], // hint
];

test.use({ viewport: { width: 1920, height: 1080 } });

for (const { part, areas, masks } of [
  {
    part: 'left panel and header',
    areas: [HEADER, LEFT_PANEL],
    masks: [RIGHT_OF_THE_TABS, PHASE_TOGGLE, ...ETA],
  },
  {
    part: 'frame of the assistant',
    areas: [RESIZE_HANDLE, CHAT_HEADER, CHAT_CONTEXT, CHAT_INPUT],
    masks: CHAT_TEXTS,
  },
]) {
  test(`the ${part} look like the picture`, async ({ page, open }, testInfo) => {
    await page.emulateMedia({ reducedMotion: 'reduce', colorScheme: 'light' });
    await open('/?date=2026-02-18&phase=ALL&open=TB-Derivatives');
    await page.evaluate(() => document.fonts.ready);
    await expect(page.getByRole('table', { name: 'Datasets' }).locator('tbody tr')).toHaveCount(6);
    const actual = await page.screenshot({ animations: 'disabled', caret: 'hide' });
    const { different, counted, percent, picture } = compare(actual, REFERENCE, areas, masks);
    await testInfo.attach('actual', { body: actual, contentType: 'image/png' });
    await testInfo.attach('difference', { body: picture, contentType: 'image/png' });
    fs.writeFileSync(testInfo.outputPath('difference.png'), picture);
    console.log(`${part}: ${different} of ${counted} pixels differ, ${percent.toFixed(3)} %`);
    expect(percent, 'percent of the pixels that differ').toBeLessThanOrEqual(MOST_PERCENT);
  });
}
