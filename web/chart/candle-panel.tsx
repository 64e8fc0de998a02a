import "./candle-panel.css";
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Interval } from "../../src/domain/interval.js";
import type { Market } from "../../src/domain/market.js";
import type { CandleExplanation } from "../../src/persistence/stores/candles/explanation-store.js";
import { ErrorNote } from "../frame/error-note.js";
import { timeText } from "../frame/time-text.js";
import { zone } from "../frame/time-zone.js";
import { type ApiError, api, pathOf, urlOf } from "../live/api.js";
import { changeText, factsOf, revisionHead, revisionsHead } from "./candle-story.js";

export interface CandlePanelProps {
  market: Market;
  interval: Interval;
  openTime: number;
  onClose: () => void;
}

/**
 * The evidence for one candle, and its revisions. A native dialog, which traps the focus and
 * returns it.
 */
export function CandlePanel({ market, interval, openTime, onClose }: CandlePanelProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const explanation = useSignal<CandleExplanation | undefined>(undefined);
  const error = useSignal<ApiError | undefined>(undefined);
  useEffect(() => dialog.current?.showModal(), []);
  useEffect(() => {
    const abort = new AbortController();
    api.explanation(market, interval, openTime, abort.signal).then(
      (answer) => (explanation.value = answer),
      (reason: unknown) => {
        if (!abort.signal.aborted) error.value = reason as ApiError;
      },
    );
    return () => abort.abort();
  }, [market, interval, openTime]);
  const json = urlOf(pathOf(market, `candles/${openTime}/explain`), {
    interval,
  });
  return (
    <dialog
      class="candle-panel"
      ref={dialog}
      aria-labelledby="candle-panel-title"
      data-testid="candle-panel"
      onClose={onClose}
      onClick={({ target }) => {
        // The dialog itself is the target only for clicks on the backdrop.
        if (target === dialog.current) dialog.current?.close();
      }}
    >
      <div class="candle-panel-body">
        <header>
          <h2 id="candle-panel-title">
            {market} · {interval} candle of{" "}
            <span class="num">{timeText(openTime, zone.value)}</span>
          </h2>
          <button type="button" onClick={() => dialog.current?.close()}>
            Close
          </button>
        </header>
        <ErrorNote what="It cannot be explained." error={error.value} />
        {explanation.value === undefined ? (
          error.value === undefined && <p class="loading">Loading…</p>
        ) : (
          <Story explanation={explanation.value} />
        )}
        <p>
          <a href={json} target="_blank" rel="noreferrer">
            All of it as JSON
          </a>
        </p>
      </div>
    </dialog>
  );
}

function Story({ explanation }: { explanation: CandleExplanation }) {
  const { candle, revisions } = explanation;
  const older = candle.revision - revisions.length;
  return (
    <>
      <dl>
        {factsOf(explanation, zone.value).map(({ name, text, warns = false }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd class={warns ? "warn" : ""}>{text}</dd>
          </div>
        ))}
      </dl>
      <h3>{revisionsHead(candle.revision, revisions)}</h3>
      <ol reversed class="revisions">
        {revisions.toReversed().map((revision) => (
          <li key={revision.revision} value={revision.revision}>
            <strong class="num">{timeText(revision.at, zone.value)}</strong>{" "}
            {revisionHead(revision)}
            <ul class="num">
              {revision.changes.map((change) => (
                <li key={change.field}>{changeText(change)}</li>
              ))}
            </ul>
          </li>
        ))}
      </ol>
      {older > 0 && <p class="dim">Earlier revisions: over the API.</p>}
    </>
  );
}
