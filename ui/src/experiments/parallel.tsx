import { useEffect, useMemo, useRef, useState, type PointerEvent, type ReactElement } from 'react';
import { Button } from '../kit/button.tsx';
import { Choice } from '../kit/field.tsx';
import { formatNumber } from '../kit/format.ts';
import { useWidth } from '../kit/media.ts';
import { Empty } from '../kit/page.tsx';
import { Popover } from '../kit/popover.tsx';
import { useDark } from '../kit/theme.ts';
import { axisOf, brushBetween, brushedPart, isInside, placeOn, type Axis } from './axes.ts';
import { BrushFields } from './brush-fields.tsx';
import { valueOf, type Sample } from './use-sample.ts';
import { moved, type Brush } from './work-state.ts';

const H = 380;
const EDGE = { left: 60, right: 60, top: 14, bottom: 26 };
/** Narrower than this, neighbours' words would run into each other: the picture scrolls. */
const LEAST = 104;
const GRIP = 14;

/** Each run a line from axis to axis. What is brushed on them filters the table and the curves; the rest stays, fainter. */
export function Parallel(props: {
  sample: Sample;
  axes: readonly string[];
  all: readonly string[];
  brushes: readonly Brush[];
  onAxes(axes: string[] | undefined): void;
  onBrushes(brushes: Brush[]): void;
}): ReactElement {
  const { sample, brushes, onBrushes } = props;
  const dark = useDark();
  const holder = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const width = Math.max(useWidth(holder, 700), props.axes.length * LEAST);
  const axes = useMemo(
    () =>
      props.axes.map((id) =>
        axisOf(
          id,
          sample.rows.map((run) => valueOf(run, id)),
        ),
      ),
    [props.axes, sample.rows],
  );
  const left = (i: number) =>
    EDGE.left + (axes.length < 2 ? 0 : (i / (axes.length - 1)) * (width - EDGE.left - EDGE.right));
  const top = (share: number) => EDGE.top + (1 - share) * (H - EDGE.top - EDGE.bottom);
  const [held, setHeld] = useState<{ axis: number; from: number; to: number } | undefined>();
  const shareAt = (event: PointerEvent<SVGElement>) => {
    const box = event.currentTarget.ownerSVGElement!.getBoundingClientRect();
    return 1 - (event.clientY - box.top - EDGE.top) / (H - EDGE.top - EDGE.bottom);
  };
  const shown = useMemo(() => {
    const axis = held && axes[held.axis];
    const drawn = axis && brushBetween(axis, held.from, held.to);
    const rest = brushes.filter(({ id }) => id !== axis?.id);
    return axis ? [...rest, ...(drawn ? [drawn] : [])] : brushes;
  }, [held, axes, brushes]);

  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!canvas.current || !context) return;
    const ratio = devicePixelRatio;
    canvas.current.width = width * ratio;
    canvas.current.height = H * ratio;
    context.scale(ratio, ratio);
    const last = axes.at(-1);
    const lines = sample.rows.map((run) => ({
      places: axes.map((axis) => placeOn(axis, valueOf(run, axis.id))),
      inside: shown.every((brush) => isInside(brush, valueOf(run, brush.id))),
      shade: last && placeOn(last, valueOf(run, last.id)),
    }));
    // Those that are brushed away first, so that they lie below.
    for (const { places, inside, shade } of lines.toSorted((a, b) => Number(a.inside) - Number(b.inside))) {
      context.beginPath();
      let broken = true;
      places.forEach((place, i) => {
        if (place === undefined) broken = true;
        else {
          if (broken) context.moveTo(left(i), top(place));
          else context.lineTo(left(i), top(place));
          broken = false;
        }
      });
      context.strokeStyle = inside ? shadeOf(shade, dark) : dark ? '#a19a8c' : '#6a6458';
      context.globalAlpha = inside ? (lines.length > 300 ? 0.45 : 0.75) : 0.1;
      context.lineWidth = inside ? 1.4 : 1;
      context.stroke();
    }
  });

  if (sample.rows.length === 0) return <Empty icon="chart" title="No run to draw" />;
  const put = (id: string, brush: Brush | undefined) =>
    onBrushes([...brushes.filter((each) => each.id !== id), ...(brush ? [brush] : [])]);
  const inside = sample.rows.filter((run) => shown.every((brush) => isInside(brush, valueOf(run, brush.id))));
  const addable = props.all.filter((id) => !props.axes.includes(id));
  return (
    <figure className="chart parallel" aria-label="Parallel coordinates">
      <div className="row row-wrap">
        <Choice
          label="Add an axis"
          value=""
          options={[{ value: '', label: 'choose' }, ...addable.map((id) => ({ value: id, label: id }))]}
          onChange={(id) => id !== '' && props.onAxes([...props.axes, id])}
        />
        <Button look="quiet" onClick={() => props.onAxes(undefined)}>
          The usual axes
        </Button>
        <span className="faint small" role="status">
          {inside.length} of {sample.rows.length} runs inside
        </span>
      </div>
      <div className="parallel-scroll" ref={holder} role="group" aria-label="Axes">
        <div style={{ width, position: 'relative' }}>
          <div className="parallel-heads" style={{ width }}>
            {axes.map((axis, i) => (
              <span key={axis.id} style={{ left: left(i), maxWidth: Math.max(90, width / axes.length - 8) }}>
                <AxisMenu
                  axis={axis}
                  brush={brushes.find(({ id }) => id === axis.id)}
                  onBrush={(brush) => put(axis.id, brush)}
                  onLeft={
                    i === 0 ? undefined : () => props.onAxes(moved(props.axes, axis.id, props.axes[i - 1]))
                  }
                  onRight={
                    i === axes.length - 1
                      ? undefined
                      : () => props.onAxes(moved(props.axes, axis.id, props.axes[i + 2]))
                  }
                  onRemove={
                    axes.length <= 2
                      ? undefined
                      : () => {
                          props.onAxes(props.axes.filter((id) => id !== axis.id));
                          put(axis.id, undefined);
                        }
                  }
                />
              </span>
            ))}
          </div>
          <div style={{ position: 'relative', height: H }}>
            <canvas ref={canvas} style={{ width, height: H }} aria-hidden="true" />
            <svg width={width} height={H} aria-hidden="true">
              {axes.map((axis, i) => {
                const brush = shown.find(({ id }) => id === axis.id);
                const part = brush && brushedPart(axis, brush);
                return (
                  <g key={axis.id}>
                    <line className="axis" x1={left(i)} x2={left(i)} y1={EDGE.top} y2={H - EDGE.bottom} />
                    {ticksOf(axis).map(({ place, text }) => (
                      <text key={text} x={left(i) + 6} y={top(place) + 4}>
                        {text}
                      </text>
                    ))}
                    {part && (
                      <rect
                        className="brushed"
                        x={left(i) - 7}
                        width={14}
                        y={top(part[1])}
                        height={Math.max(2, top(part[0]) - top(part[1]))}
                      />
                    )}
                    <rect
                      className="grip"
                      x={left(i) - GRIP}
                      width={2 * GRIP}
                      y={EDGE.top - 8}
                      height={H - EDGE.top - EDGE.bottom + 16}
                      onPointerDown={(event) => {
                        event.currentTarget.setPointerCapture(event.pointerId);
                        const at = shareAt(event);
                        setHeld({ axis: i, from: at, to: at });
                      }}
                      onPointerMove={(event) => held && setHeld({ ...held, to: shareAt(event) })}
                      onPointerUp={() => {
                        if (held)
                          put(
                            axis.id,
                            Math.abs(held.to - held.from) < 0.01
                              ? undefined
                              : brushBetween(axis, held.from, held.to),
                          );
                        setHeld(undefined);
                      }}
                    />
                  </g>
                );
              })}
            </svg>
          </div>
        </div>
      </div>
      <figcaption className="chart-note">
        Draw along an axis to keep only the runs that pass there, or press its name; a click takes the brush
        away. Coloured by {axes.at(-1)?.id ?? 'the last axis'}.
      </figcaption>
    </figure>
  );
}

function AxisMenu(props: {
  axis: Axis;
  brush: Brush | undefined;
  onBrush(brush: Brush | undefined): void;
  onLeft: (() => void) | undefined;
  onRight: (() => void) | undefined;
  onRemove: (() => void) | undefined;
}): ReactElement {
  const { axis } = props;
  return (
    <Popover
      title={axis.id}
      trigger={
        <button type="button" className="link-button truncate" title={axis.id}>
          {axis.id.replace(/^(metrics|params|tags)\./, '')}
        </button>
      }
    >
      <div className="stack">
        <BrushFields axis={axis} brush={props.brush} onBrush={props.onBrush} />
        <div className="row row-wrap">
          <Button look="quiet" disabled={props.onLeft === undefined} onClick={() => props.onLeft?.()}>
            To the left
          </Button>
          <Button look="quiet" disabled={props.onRight === undefined} onClick={() => props.onRight?.()}>
            To the right
          </Button>
          <Button look="quiet" disabled={props.onRemove === undefined} onClick={() => props.onRemove?.()}>
            Remove
          </Button>
        </div>
      </div>
    </Popover>
  );
}

function ticksOf(axis: Axis): { place: number; text: string }[] {
  if (axis.kind === 'number') {
    return [0, 0.25, 0.5, 0.75, 1].map((place) => ({
      place,
      text: formatNumber(
        axis.log ? axis.low * (axis.high / axis.low) ** place : axis.low + place * (axis.high - axis.low),
        3,
      ),
    }));
  }
  // Not more words than there are lines for.
  const every = Math.ceil(axis.values.length / 20);
  return axis.values
    .filter((_, i) => i % every === 0)
    .map((text) => ({
      place: placeOn(axis, text) ?? 0,
      text: text.length > 12 ? `${text.slice(0, 11)}…` : text,
    }));
}

const LIGHT = [
  [0, 102, 168],
  [201, 79, 6],
] as const;
const DARK = [
  [95, 176, 236],
  [242, 142, 79],
] as const;

/** From blue to vermilion, both told apart by any eye; where there is no value, ink. */
function shadeOf(share: number | undefined, dark: boolean): string {
  if (share === undefined) return dark ? '#ddd5c6' : '#463e35';
  const [from, to] = dark ? DARK : LIGHT;
  const mix = (i: number) => Math.round(from[i]! + (to[i]! - from[i]!) * Math.min(1, Math.max(0, share)));
  return `rgb(${mix(0)} ${mix(1)} ${mix(2)})`;
}
