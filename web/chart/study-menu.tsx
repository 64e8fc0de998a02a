import {
  MAX_STUDIES,
  type Parameter,
  STUDY_FORMS,
  STUDY_KINDS,
  type StudyKind,
  type StudySpec,
  fits,
  studyName,
  studyText,
} from "./study-spec.js";
import { Menu } from "./menu.js";

/** Selects overlays and panes, and their periods. */
export function StudyMenu({
  studies,
  onChange,
}: {
  studies: readonly StudySpec[];
  onChange: (studies: StudySpec[]) => void;
}) {
  const add = (kind: StudyKind) => {
    const numbers = STUDY_FORMS[kind].parameters.map(({ value }) => value);
    const taken = new Set(studies.map(studyText));
    // A second study of the same kind starts with another period.
    while (taken.has(studyText({ kind, numbers })) && numbers.length === 1)
      numbers[0] = Math.min(500, (numbers[0] ?? 1) * 2 + 10);
    if (!taken.has(studyText({ kind, numbers }))) onChange([...studies, { kind, numbers }]);
  };
  return (
    <Menu label="Indicators">
      {studies.length > 0 && (
        <ul class="studies">
          {studies.map((study, at) => (
            <StudyRow
              key={at}
              study={study}
              onChange={(next) => onChange(studies.with(at, next))}
              onRemove={() => onChange(studies.toSpliced(at, 1))}
            />
          ))}
        </ul>
      )}
      <div class="add-studies" role="group" aria-label="Add">
        {STUDY_KINDS.map((kind) => (
          <button
            key={kind}
            type="button"
            title={STUDY_FORMS[kind].title}
            disabled={studies.length >= MAX_STUDIES}
            onClick={() => add(kind)}
          >
            + {STUDY_FORMS[kind].name}
          </button>
        ))}
      </div>
    </Menu>
  );
}

function StudyRow({
  study,
  onChange,
  onRemove,
}: {
  study: StudySpec;
  onChange: (study: StudySpec) => void;
  onRemove: () => void;
}) {
  const { name, parameters, title } = STUDY_FORMS[study.kind];
  return (
    <li>
      <span class="study-name" title={title}>
        {name}
      </span>
      <span class="study-numbers">
        {parameters.map((parameter, at) => (
          <NumberField
            key={parameter.name}
            label={`${name} ${parameter.name}`}
            parameter={parameter}
            value={study.numbers[at] ?? parameter.value}
            onChange={(value) => onChange({ ...study, numbers: study.numbers.with(at, value) })}
          />
        ))}
      </span>
      <button
        type="button"
        class="quiet"
        aria-label={`Remove ${studyName(study)}`}
        onClick={onRemove}
      >
        ✕
      </button>
    </li>
  );
}

function NumberField({
  label,
  parameter,
  value,
  onChange,
}: {
  label: string;
  parameter: Parameter;
  value: number;
  onChange: (value: number) => void;
}) {
  const { name, min, max, step } = parameter;
  return (
    <input
      type="number"
      aria-label={label}
      title={name}
      min={min}
      max={max}
      step={step}
      value={value}
      onChange={({ currentTarget: { valueAsNumber } }) => {
        if (fits(parameter, valueAsNumber)) onChange(valueAsNumber);
      }}
    />
  );
}
