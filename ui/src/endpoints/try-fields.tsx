import { useId, type ReactElement } from 'react';
import { SelectField, TextArea, TextField } from '../kit/field.tsx';
import type { FormField, Spec } from './try-form.ts';

/** One field for each input of the model, and for each setting of a call. */
export function TryFields(props: {
  fields: readonly FormField[];
  params: Spec['params'];
  values: Readonly<Record<string, string>>;
  paramValues: Readonly<Record<string, string>>;
  problems: Readonly<Record<string, string>>;
  onValue(name: string, value: string): void;
  onParam(name: string, value: string): void;
}): ReactElement {
  return (
    <>
      <div className="try-fields">
        {props.fields.map((field) => (
          <InputField
            key={field.name}
            field={field}
            value={props.values[field.name] ?? ''}
            error={props.problems[field.name]}
            onChange={(value) => props.onValue(field.name, value)}
          />
        ))}
      </div>
      {props.params.length > 0 && (
        <details>
          <summary>Settings of the call</summary>
          <div className="try-fields">
            {props.params.map((param) => (
              <TextField
                key={param.name}
                label={param.name}
                hint={param.type}
                placeholder={param.default === undefined ? '' : JSON.stringify(param.default)}
                value={props.paramValues[param.name] ?? ''}
                onChange={(event) => props.onParam(param.name, event.target.value)}
                mono
              />
            ))}
          </div>
        </details>
      )}
    </>
  );
}

function InputField({
  field,
  value,
  error,
  onChange,
}: {
  field: FormField;
  value: string;
  error: string | undefined;
  onChange(value: string): void;
}): ReactElement {
  const list = useId();
  const hint = field.optional ? `${field.type}, may be empty` : field.type;
  switch (field.kind) {
    case 'choice':
      return (
        <SelectField
          label={field.name}
          hint={hint}
          error={error}
          value={value}
          options={[
            ...(field.optional || value === '' ? [{ value: '', label: '–' }] : []),
            ...field.options.map((option) => ({ value: option, label: option })),
          ]}
          onChange={onChange}
        />
      );
    case 'json':
      return (
        <TextArea
          label={field.name}
          hint={hint}
          error={error}
          rows={3}
          value={value}
          onChange={(event) => onChange(event.target.value)}
          mono
        />
      );
    default:
      return (
        <>
          <TextField
            label={field.name}
            hint={hint}
            error={error}
            value={value}
            {...(field.kind === 'text' ? {} : { inputMode: 'decimal' as const })}
            {...(field.options.length > 0 ? { list } : {})}
            onChange={(event) => onChange(event.target.value)}
          />
          {field.options.length > 0 && (
            <datalist id={list}>
              {field.options.map((option) => (
                <option key={option} value={option}>
                  {option}
                </option>
              ))}
            </datalist>
          )}
        </>
      );
  }
}
