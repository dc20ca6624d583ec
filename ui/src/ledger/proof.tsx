import type { ReactElement, ReactNode } from 'react';
import type { EntryProof } from '../../../src/ledger/contract.ts';
import { CodeBlock } from '../kit/code-block.tsx';
import { formatCount, plural } from '../kit/format.ts';
import { Icon } from '../kit/icons.tsx';
import { Section } from '../kit/page.tsx';
import type { EntryCheck } from './check-entry.ts';
import { HashText } from './hash-text.tsx';

/** The check of an entry, hash by hash, as the browser did it. */
export function Proof({ proof, check }: { proof: EntryProof; check: EntryCheck }): ReactElement {
  const holds = check.ok && check.inNote && check.signed !== false && check.leafHash === proof.entry.leaf;
  return (
    <Section title="Inclusion proof">
      <p className={`verdict ${holds ? 'verdict-good' : 'verdict-bad'}`} role="status">
        <Icon name={holds ? 'check' : 'alert'} />
        <span>
          {holds ? (
            <>
              <strong>Checked here, in your browser.</strong> This entry is leaf{' '}
              {formatCount(proof.entry.seq)} of the {plural(proof.size, 'entry', 'entries')} under the signed
              root.
            </>
          ) : (
            <>
              <strong>The proof does not hold.</strong> {problemOf(proof, check)} What is shown on this page
              may not be what was recorded.
            </>
          )}
        </span>
      </p>
      <ol className="proof">
        <Step good={check.leafHash === proof.entry.leaf} title="The entry is hashed">
          <p>
            Its bytes, as the tree holds them, with <code>00</code> before them:
          </p>
          <CodeBlock text={proof.text} label="The bytes of the entry" maxHeight={150} />
          <Sum>
            SHA-256(<b>00</b> ‖ entry) = <HashText hash={check.leafHash} />
          </Sum>
        </Step>
        <Step
          good={check.ok}
          title={
            check.steps.length === 0
              ? 'It is the whole tree'
              : `${plural(check.steps.length, 'sibling')} from the server lead up to the root`
          }
        >
          {check.steps.length > 0 && (
            <ol className="climb">
              {check.steps.map((step, i) => {
                const before = i === 0 ? check.leafHash : check.steps[i - 1]!.hash;
                const ours = <span className="climb-ours">{before.slice(0, 8)}</span>;
                const theirs = <span className="climb-theirs">{step.sibling.slice(0, 8)}</span>;
                return (
                  <li
                    key={i}
                    title={`left ${step.side === 'left' ? step.sibling : before}\nright ${step.side === 'left' ? before : step.sibling}\n= ${step.hash}`}
                  >
                    <span className="climb-level">{i + 1}</span>
                    <code>
                      SHA-256(<b>01</b> ‖ {step.side === 'left' ? theirs : ours} ‖{' '}
                      {step.side === 'left' ? ours : theirs}) ={' '}
                      <span className="climb-ours">{step.hash.slice(0, 8)}</span>
                    </code>
                  </li>
                );
              })}
            </ol>
          )}
          <Sum>
            Root reached <HashText hash={check.root} />
          </Sum>
        </Step>
        <Step
          good={check.inNote && check.signed !== false}
          title="The root is the one that the ledger signed"
        >
          <CodeBlock text={proof.checkpoint} label="The signed checkpoint" />
          <Sum>
            {check.signed === true
              ? 'The Ed25519 signature holds for the ledger’s public key.'
              : check.signed === false
                ? 'The signature does not hold for the ledger’s public key.'
                : 'This browser cannot check Ed25519 signatures; the root is the one in the note.'}
          </Sum>
        </Step>
      </ol>
    </Section>
  );
}

function problemOf(proof: EntryProof, check: EntryCheck): string {
  if (check.leafHash !== proof.entry.leaf) return 'The bytes give another leaf hash than the entry states.';
  if (check.problem !== undefined) return check.problem;
  if (!check.inNote) return 'The signed checkpoint states another root or size.';
  return 'The signature of the checkpoint does not hold.';
}

function Step({
  good,
  title,
  children,
}: {
  good: boolean;
  title: string;
  children: ReactNode;
}): ReactElement {
  return (
    <li className={good ? 'proof-good' : 'proof-bad'}>
      <h3>
        {title} <span className="sr-only">{good ? '(holds)' : '(does not hold)'}</span>
      </h3>
      {children}
    </li>
  );
}

function Sum({ children }: { children: ReactNode }): ReactElement {
  return <p className="proof-sum">{children}</p>;
}
