import { useNavigate } from '@tanstack/react-router';
import { useState, type FormEvent, type ReactElement } from 'react';
import { Button } from '../kit/button.tsx';
import { TextField } from '../kit/field.tsx';
import { pastedId } from './story.ts';

/** A field that takes the id of a prediction, or any line that holds one. */
export function FindPrediction(): ReactElement {
  const navigate = useNavigate();
  const [text, setText] = useState('');
  const [wrong, setWrong] = useState(false);
  const find = (event: FormEvent) => {
    event.preventDefault();
    const id = pastedId(text);
    setWrong(id === undefined);
    if (id !== undefined) void navigate({ to: '/predictions/$prediction', params: { prediction: id } });
  };
  return (
    <form className="find-prediction" onSubmit={find} role="search" aria-label="Find a prediction">
      <TextField
        label="Prediction id"
        hint="From the header X-Treadle-Prediction, or parameters.prediction_id of the answer"
        error={wrong ? 'this holds no prediction id: 8 to 64 letters, digits and dashes' : undefined}
        value={text}
        mono
        onChange={(event) => {
          setText(event.target.value);
          setWrong(false);
        }}
      />
      <Button type="submit" look="primary" icon="search">
        Trace
      </Button>
    </form>
  );
}
