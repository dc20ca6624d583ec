import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { CodeBlock } from '../kit/code-block.tsx';
import { Page, Section } from '../kit/page.tsx';
import { FindPrediction } from './find-prediction.tsx';
import './predictions.css';

/** Every answer carries an id; the id leads to where the answer came from. */
export default function PredictionsPage(): ReactElement {
  return (
    <Page
      title="Trace a prediction"
      trail={<Link to="/endpoints">Endpoints</Link>}
      lead="Which model answered, trained by which run on which rows, by which code, judged on what."
    >
      <Section title="Paste its id">
        <FindPrediction />
      </Section>
      <Section title="Where the id is">
        <div className="stack">
          <p className="muted">Every answer of every endpoint has one, whatever the protocol:</p>
          <CodeBlock
            prompt
            label="Commands that show a prediction’s id and its story"
            text={`curl -si ${window.location.origin}/v2/models/flight-delay/infer -d @request.json | grep -i x-treadle-prediction\ntreadle predictions lineage <id>`}
          />
        </div>
      </Section>
    </Page>
  );
}
