import { Link } from '@tanstack/react-router';
import { useEffect, useMemo, useRef, useState, type PointerEvent, type ReactElement } from 'react';
import { Button } from '../kit/button.tsx';
import { Choice } from '../kit/field.tsx';
import { formatNumber } from '../kit/format.ts';
import { useWidth } from '../kit/media.ts';
import { Empty } from '../kit/page.tsx';
import { Popover } from '../kit/popover.tsx';
import { useDark } from '../kit/theme.ts';
import { axisOf, brushBetween, brushedPart, isInside, placeOn, valueAt, type Axis } from './axes.ts';
import { BrushFields } from './brush-fields.tsx';
import { valueOf, type Sample } from './use-sample.ts';
import type { Brush } from './work-state.ts';

const H = 400;
const EDGE = { left: 74, right: 20, top: 16, bottom: 40 };
/** A pointer is at a run when it is this near to its point, px. */
const NEAR = 14;

/** Each run a point. A rectangle that is drawn keeps the runs in it: in the table, the curves and everywhere else. */
export function RunsScatter(props: {
  sample: Sample;
  all: readonly string[];
  x: string;
  y: string;
  brushes: readonly Brush[];
  onAxes(x: string, y: string): void;
  onBrushes(brushes: Brush[]): void;
}): ReactElement {
  const { sample, all, brushes, onBrushes } = props;
  const dark = useDark();
  const holder = useRef<HTMLElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const W = Math.max(280, useWidth(holder, 700) - 24);
  const { rows } = sample;
  const [xAxis, yAxis] = useMemo(
    () =>
      [props.x, props.y].map((id) =>
        axisOf(
          id,
          rows.map((run) => valueOf(run, id)),
        ),
      ) as [Axis, Axis],
    [props.x, props.y, rows],
  );
  const left = (share: number) => EDGE.left + share * (W - EDGE.left - EDGE.right);
  const top = (share: number) => EDGE.top + (1 - share) * (H - EDGE.top - EDGE.bottom);
  const points = useMemo(
    () =>
      rows.flatMap((run) => {
        const [px, py] = [placeOn(xAxis, valueOf(run, xAxis.id)), placeOn(yAxis, valueOf(run, yAxis.id))];
        return px === undefined || py === undefined
          ? []
          : [
              {
                run,
                x: px,
                y: py,
                inside: brushes.every((brush) => isInside(brush, valueOf(run, brush.id))),
              },
            ];
      }),
    [rows, xAxis, yAxis, brushes],
  );
  const [held, setHeld] = useState<{ x0: number; y0: number; x1: number; y1: number } | undefined>();
  const [near, setNear] = useState<(typeof points)[number] | undefined>();
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!canvas.current || !context) return;
    canvas.current.width = W * devicePixelRatio;
    canvas.current.height = H * devicePixelRatio;
    context.scale(devicePixelRatio, devicePixelRatio);
    for (const point of points.toSorted((a, b) => Number(a.inside) - Number(b.inside))) {
      context.beginPath();
      context.arc(left(point.x), top(point.y), point === near ? 7 : 4.5, 0, 2 * Math.PI);
      context.fillStyle = point.inside ? (dark ? '#5fb0ec' : '#0066a8') : dark ? '#a19a8c' : '#6a6458';
      context.globalAlpha = point.inside ? 0.7 : 0.18;
      context.fill();
    }
  });
  const place = (event: PointerEvent<SVGElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const [px, py] = [event.clientX - box.left, event.clientY - box.top];
    return {
      px,
      py,
      x: (px - EDGE.left) / (W - EDGE.left - EDGE.right),
      y: 1 - (py - EDGE.top) / (H - EDGE.top - EDGE.bottom),
    };
  };
  const put = (...changed: [id: string, brush: Brush | undefined][]) => {
    const ids = new Set(changed.map(([id]) => id));
    onBrushes([
      ...brushes.filter(({ id }) => !ids.has(id)),
      ...changed.flatMap(([, brush]) => (brush ? [brush] : [])),
    ]);
  };
  const [bx, by] = [xAxis, yAxis].map((axis) => brushes.find(({ id }) => id === axis.id));
  const [partX, partY] = [bx && brushedPart(xAxis, bx), by && brushedPart(yAxis, by)];
  const box = held
    ? {
        x0: Math.min(held.x0, held.x1),
        x1: Math.max(held.x0, held.x1),
        y0: Math.min(held.y0, held.y1),
        y1: Math.max(held.y0, held.y1),
      }
    : partX || partY
      ? { x0: partX?.[0] ?? 0, x1: partX?.[1] ?? 1, y0: partY?.[0] ?? 0, y1: partY?.[1] ?? 1 }
      : undefined;
  const options = all.map((id) => ({ value: id, label: id }));
  const missing = rows.length - points.length;
  return (
    <figure className="chart runs-scatter" ref={holder} aria-label={`${props.y} against ${props.x}`}>
      <div className="row row-wrap">
        <Choice label="Across" value={props.x} options={options} onChange={(x) => props.onAxes(x, props.y)} />
        <Choice label="Up" value={props.y} options={options} onChange={(y) => props.onAxes(props.x, y)} />
        {[xAxis, yAxis].map((axis, i) => (
          <Popover
            key={i === 0 ? 'x' : 'y'}
            title={axis.id}
            trigger={<Button look="quiet">{i === 0 ? 'Brush across' : 'Brush up'}</Button>}
          >
            <BrushFields axis={axis} brush={i === 0 ? bx : by} onBrush={(brush) => put([axis.id, brush])} />
          </Popover>
        ))}
      </div>
      {points.length === 0 ? (
        <Empty icon="chart" title="No run has both" />
      ) : (
        <div className="scatter-field" style={{ height: H, width: W }}>
          <canvas ref={canvas} style={{ width: W, height: H }} aria-hidden="true" />
          <svg
            width={W}
            height={H}
            role="img"
            aria-label={`${props.y} against ${props.x} of ${points.length} runs, ${points.filter(({ inside }) => inside).length} of them inside`}
            onPointerDown={(event) => {
              event.currentTarget.setPointerCapture(event.pointerId);
              const { x, y } = place(event);
              setHeld({ x0: x, y0: y, x1: x, y1: y });
            }}
            onPointerMove={(event) => {
              const { x, y, px, py } = place(event);
              if (held) setHeld({ ...held, x1: x, y1: y });
              const away = (point: (typeof points)[number]) =>
                Math.hypot(left(point.x) - px, top(point.y) - py);
              const nearest = points.reduce<(typeof points)[number] | undefined>(
                (best, point) => (best === undefined || away(point) < away(best) ? point : best),
                undefined,
              );
              setNear(nearest && away(nearest) < NEAR ? nearest : undefined);
            }}
            onPointerUp={() => {
              if (held) {
                const small = Math.abs(held.x1 - held.x0) < 0.01 && Math.abs(held.y1 - held.y0) < 0.01;
                put(
                  [xAxis.id, small ? undefined : brushBetween(xAxis, held.x0, held.x1)],
                  [yAxis.id, small ? undefined : brushBetween(yAxis, held.y0, held.y1)],
                );
              }
              setHeld(undefined);
            }}
          >
            {[0, 0.25, 0.5, 0.75, 1].map((share) => (
              <g key={share}>
                <line className="grid" x1={left(share)} x2={left(share)} y1={EDGE.top} y2={H - EDGE.bottom} />
                <line className="grid" x1={EDGE.left} x2={W - EDGE.right} y1={top(share)} y2={top(share)} />
                {xAxis.kind === 'number' && (
                  <text x={left(share)} y={H - EDGE.bottom + 18} textAnchor="middle">
                    {formatNumber(valueAt(xAxis, share), 3)}
                  </text>
                )}
                {yAxis.kind === 'number' && (
                  <text x={EDGE.left - 8} y={top(share) + 4} textAnchor="end">
                    {formatNumber(valueAt(yAxis, share), 3)}
                  </text>
                )}
              </g>
            ))}
            {xAxis.kind === 'text' &&
              xAxis.values.slice(0, 12).map((value) => (
                <text
                  key={value}
                  x={left(placeOn(xAxis, value)!)}
                  y={H - EDGE.bottom + 18}
                  textAnchor="middle"
                >
                  {value.slice(0, 10)}
                </text>
              ))}
            {yAxis.kind === 'text' &&
              yAxis.values.slice(0, 24).map((value) => (
                <text key={value} x={EDGE.left - 8} y={top(placeOn(yAxis, value)!) + 4} textAnchor="end">
                  {value.slice(0, 10)}
                </text>
              ))}
            {box && (
              <rect
                className="brushed"
                x={left(Math.max(0, box.x0))}
                width={left(Math.min(1, box.x1)) - left(Math.max(0, box.x0))}
                y={top(Math.min(1, box.y1))}
                height={top(Math.max(0, box.y0)) - top(Math.min(1, box.y1))}
              />
            )}
          </svg>
        </div>
      )}
      <figcaption className="chart-note">
        {near ? (
          <>
            <Link to="/runs/$run" params={{ run: near.run.id }}>
              {near.run.name}
            </Link>
            : {props.x} {String(valueOf(near.run, props.x))}, {props.y} {String(valueOf(near.run, props.y))}
          </>
        ) : (
          `Draw a rectangle to keep only the runs in it; a click takes it away.${missing > 0 ? ` ${missing} runs without both are left out.` : ''}`
        )}
      </figcaption>
    </figure>
  );
}
