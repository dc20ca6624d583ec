import {
  useEffect,
  useEffectEvent,
  useId,
  useRef,
  useState,
  type ComponentProps,
  type ReactElement,
  type ReactNode,
} from 'react';
import { Icon } from './icons.tsx';
import './field.css';

interface FieldProps {
  label: string;
  /** One line below: what is wanted, or what it does. */
  hint?: ReactNode;
  /** What was wrong with it, in the server's words. */
  error?: string | undefined;
}

/** A text field with its label above. */
export function TextField(props: FieldProps & { mono?: boolean } & ComponentProps<'input'>): ReactElement {
  const { label, hint, error, mono, ...rest } = props;
  return (
    <Labelled label={label} hint={hint} error={error}>
      {(aria) => (
        <input
          type="text"
          autoComplete="off"
          spellCheck={false}
          {...rest}
          {...aria}
          className={`input${mono ? ' input-mono' : ''}`}
        />
      )}
    </Labelled>
  );
}

export function TextArea(props: FieldProps & { mono?: boolean } & ComponentProps<'textarea'>): ReactElement {
  const { label, hint, error, mono, ...rest } = props;
  return (
    <Labelled label={label} hint={hint} error={error}>
      {(aria) => <textarea rows={4} {...rest} {...aria} className={`textarea${mono ? ' input-mono' : ''}`} />}
    </Labelled>
  );
}

export interface Option<T extends string> {
  value: T;
  label: string;
}

export function SelectField<T extends string>(
  props: FieldProps & { value: T; options: readonly Option<T>[]; onChange(value: T): void },
): ReactElement {
  return (
    <Labelled label={props.label} hint={props.hint} error={props.error}>
      {(aria) => <Select {...props} {...aria} />}
    </Labelled>
  );
}

/** The same, with its label beside: for bars above tables. */
export function Choice<T extends string>(props: {
  label: string;
  value: T;
  options: readonly Option<T>[];
  onChange(value: T): void;
}): ReactElement {
  const id = useId();
  return (
    <span className="choice-field">
      <label htmlFor={id}>{props.label}</label>
      <Select {...props} id={id} />
    </span>
  );
}

function Select<T extends string>(props: {
  value: T;
  options: readonly Option<T>[];
  onChange(value: T): void;
  id: string;
}): ReactElement {
  const { value, options, onChange, id } = props;
  return (
    <select
      id={id}
      {...describedBy(props)}
      className="select"
      value={value}
      onChange={(event) => {
        const chosen = options.find((option) => option.value === event.target.value);
        if (chosen) onChange(chosen.value);
      }}
    >
      {options.map((option) => (
        <option key={option.value} value={option.value}>
          {option.label}
        </option>
      ))}
    </select>
  );
}

function describedBy(props: object): { 'aria-describedby'?: string } {
  return 'aria-describedby' in props && typeof props['aria-describedby'] === 'string'
    ? { 'aria-describedby': props['aria-describedby'] }
    : {};
}

/** Filters what is below. Typing is shown at once; `onChange` hears of it after a short rest. `/` goes there. */
export function SearchField(props: {
  label: string;
  value: string;
  onChange(value: string): void;
  placeholder?: string;
  /** Words that fit, offered while typing. */
  options?: readonly string[];
}): ReactElement {
  const { value, onChange, options } = props;
  const list = useId();
  const [text, setText] = useState(value);
  const told = useRef(value);
  useEffect(() => {
    // Back and forward change the address under the field.
    if (value !== told.current) {
      told.current = value;
      setText(value);
    }
  }, [value]);
  const tell = useEffectEvent(() => {
    told.current = text;
    onChange(text);
  });
  useEffect(() => {
    if (text === told.current) return;
    const timer = setTimeout(() => tell(), 200);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <span className="search-field">
      <Icon name="search" size={14} />
      <input
        type="search"
        className="input"
        data-filter=""
        aria-label={props.label}
        placeholder={props.placeholder ?? props.label}
        value={text}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => setText(event.target.value)}
        {...(options ? { list } : {})}
      />
      {options && (
        <datalist id={list}>
          {options.map((option) => (
            <option key={option} value={option}>
              {option}
            </option>
          ))}
        </datalist>
      )}
    </span>
  );
}

export function Check(props: {
  label: ReactNode;
  checked: boolean;
  onChange(checked: boolean): void;
}): ReactElement {
  return (
    <label className="check-field">
      <input
        type="checkbox"
        checked={props.checked}
        onChange={(event) => props.onChange(event.target.checked)}
      />
      {props.label}
    </label>
  );
}

function Labelled(
  props: FieldProps & {
    children(aria: { id: string; 'aria-describedby'?: string; 'aria-invalid'?: boolean }): ReactNode;
  },
): ReactElement {
  const id = useId();
  const described = [
    props.hint === undefined ? '' : `${id}-hint`,
    props.error === undefined ? '' : `${id}-error`,
  ]
    .filter(Boolean)
    .join(' ');
  return (
    <div className="field">
      <label className="field-label" htmlFor={id}>
        {props.label}
      </label>
      {props.children({
        id,
        ...(described === '' ? {} : { 'aria-describedby': described }),
        ...(props.error === undefined ? {} : { 'aria-invalid': true }),
      })}
      {props.error !== undefined && (
        <p id={`${id}-error`} className="field-error" role="alert">
          {props.error}
        </p>
      )}
      {props.hint !== undefined && (
        <p id={`${id}-hint`} className="field-hint">
          {props.hint}
        </p>
      )}
    </div>
  );
}
