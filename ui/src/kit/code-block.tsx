/* oxlint-disable jsx-a11y/no-noninteractive-tabindex -- what scrolls must take focus */
import { useState, type ReactElement } from 'react';
import { Button } from './button.tsx';
import './code-block.css';

/** Text to read or run, with a button that copies it. `prompt` marks shell commands; it is not copied. */
export function CodeBlock(props: {
  text: string;
  label?: string;
  prompt?: boolean;
  maxHeight?: number;
}): ReactElement {
  const lines = props.text.split('\n');
  return (
    <div className="code-block">
      {/* Scrolls, so it takes focus: otherwise a keyboard could not reach its end. */}
      <pre
        tabIndex={0}
        role="group"
        aria-label={props.label ?? 'Code'}
        style={props.maxHeight === undefined ? undefined : { maxHeight: props.maxHeight }}
      >
        <code>
          {props.prompt
            ? lines.map((line, i) => (
                <span key={i} className={line.startsWith('#') ? 'code-comment' : 'code-command'}>
                  {line}
                  {'\n'}
                </span>
              ))
            : props.text}
        </code>
      </pre>
      <CopyButton text={props.text} />
    </div>
  );
}

export function CopyButton({ text, label = 'Copy' }: { text: string; label?: string }): ReactElement {
  const [done, setDone] = useState(false);
  const copy = async () => {
    await copyText(text);
    setDone(true);
    setTimeout(() => setDone(false), 1500);
  };
  return (
    <>
      <Button
        look="quiet"
        icon={done ? 'check' : 'copy'}
        label={label}
        className="copy-button"
        onClick={() => void copy()}
      />
      <span className="sr-only" role="status">
        {done ? 'Copied' : ''}
      </span>
    </>
  );
}

/** The clipboard API exists on secure origins and loopback only; elsewhere the old way still works. */
export async function copyText(text: string): Promise<void> {
  if ('clipboard' in navigator && window.isSecureContext) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const area = document.createElement('textarea');
  area.value = text;
  area.setAttribute('aria-hidden', 'true');
  document.body.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
}
