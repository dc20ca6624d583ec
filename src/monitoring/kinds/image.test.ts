import assert from 'node:assert/strict';
import test from 'node:test';
import { areImages, bytesOf, describePixels, imageOf, interleaved } from './image.ts';

const [height, width] = [5, 6];
const values = Float64Array.from({ length: height * width * 3 }, (_one, at) => {
  const [c, x, y] = [at % 3, Math.floor(at / 3) % width, Math.floor(at / 3 / width)];
  return (17 * x * x + 29 * y * y + 40 * c + 7 * x * y) % 256;
});

// numpy 2: mean, std and var of `a @ [.299, .587, .114]` and of its Laplacian, and means by channel.
test('figures of an image are those of NumPy', () => {
  const found = describePixels({ height, width, channels: 3, values });
  const near = (value: number, exact: number): void => assert.ok(Math.abs(value - exact) < 1e-9, `${value}`);
  near(found.brightness, 118.62373333333333);
  near(found.contrast, 57.60660615758885);
  near(found.sharpness, 47286.48999822221);
  for (const [at, mean] of [108.83333333333333, 123.23333333333333, 120.56666666666666].entries())
    near(found.means[at]!, mean);
  const grey = describePixels({ height: 3, width: 3, channels: 1, values: [0, 0, 0, 0, 9, 0, 0, 0, 0] });
  assert.deepEqual([grey.brightness, grey.means, grey.sharpness], [1, [], 0], 'of one inner pixel');
  assert.ok(
    Number.isNaN(
      describePixels({ height: 2, width: 9, channels: 1, values: new Float64Array(18) }).sharpness,
    ),
  );
});

test('channels one after the other are the same image', () => {
  const planes = Float64Array.from({ length: values.length }, (_one, at) => {
    const pixels = height * width;
    return values[(at % pixels) * 3 + Math.floor(at / pixels)]!;
  });
  assert.deepEqual(interleaved(planes, 3), values);
});

test('an image is told by the shape of its row, or by how its bytes begin', () => {
  assert.deepEqual(imageOf([3, 16, 24]), {
    kind: 'image',
    form: 'tensor',
    height: 16,
    width: 24,
    channels: 3,
    channelsFirst: true,
  });
  assert.equal(imageOf([28, 28, 1])?.kind, 'image');
  for (const shape of [[784], [28, 28], [5, 5, 3], [10, 10, 2], [-1, 16, 3]])
    assert.equal(imageOf(shape), undefined);
  const png = Buffer.from('89504e470d0a1a0a', 'hex');
  assert.equal(areImages([png, png, Buffer.from('hello')]), true);
  assert.equal(areImages([png.toString('base64'), `data:image/png;base64,${png.toString('base64')}`]), true);
  assert.equal(areImages(['a text', 'another']), false);
  assert.deepEqual(bytesOf(`data:image/png;base64,${png.toString('base64')}`), png);
});
