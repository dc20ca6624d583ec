import { sayError } from '../toast.tsx';
import { download } from '../download.ts';
import { chartCsv, chartSvg, type Picture } from './export.ts';

/** PNGs are drawn at twice their size: they are put into papers and slides. */
const SHARP = 2;

export function downloadChart(picture: Picture, kind: 'png' | 'svg' | 'csv'): void {
  const name = `${picture.title.replaceAll(/[^\p{L}\p{N}._-]+/gu, '-')}.${kind}`;
  if (kind === 'csv') download(name, new Blob([chartCsv(picture)], { type: 'text/csv' }));
  else {
    const svg = new Blob([chartSvg(picture)], { type: 'image/svg+xml' });
    if (kind === 'svg') download(name, svg);
    else
      void raster(svg).then(
        (png) => download(name, png),
        (error: unknown) => sayError('The picture could not be made', error),
      );
  }
}

async function raster(svg: Blob): Promise<Blob> {
  const address = URL.createObjectURL(svg);
  try {
    const image = new Image();
    image.src = address;
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = image.naturalWidth * SHARP;
    canvas.height = image.naturalHeight * SHARP;
    canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve, reject) => {
      canvas.toBlob(
        (png) => (png ? resolve(png) : reject(new Error('the browser made no PNG'))),
        'image/png',
      );
    });
  } finally {
    URL.revokeObjectURL(address);
  }
}
