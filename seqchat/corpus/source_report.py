"""What was read of all sources, for a person: files, records that were skipped, and who wrote how much."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from seqchat.corpus.file_report import FileReport
from seqchat.corpus.speakers import SpeakerCounts
from seqchat.wording import counted, listed

_PROBLEMS, _KINDS = 5, 4


@dataclass
class SourceReport:
    """What was read so far: dialogs, the share of all sources, skipped records, a line for each of the first of these,
    what was read of each file, how many were passed over, by the endings of their names, and who wrote how much."""

    dialogs: int = 0
    share: float = 0.0
    skipped: int = 0
    problems: list[str] = field(default_factory=list)
    files: list[FileReport] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)
    speakers: SpeakerCounts = field(default_factory=SpeakerCounts)

    def sentences(self) -> Iterator[str]:
        """Yield a sentence for each file, for each of the first records that were skipped, one for the others, and one
        on whose turns are learned, if not everybody's."""
        yield from (line for file in self.files if file.is_told for line in file.sentences())
        yield from self.complaints()
        yield from filter(None, [self.speakers.sentence()])

    def complaints(self) -> Iterator[str]:
        """Yield a sentence for each of the first records and files that were skipped, and one for the others."""
        for problem in self.problems:
            yield f"Skipped {problem}"
        if self.skipped > len(self.problems):
            yield f"Skipped {self.skipped - len(self.problems):,} more; {self.skipped:,} in all"
        if self.others:
            kinds = listed([f"{n:,} {suffix or 'without an ending'}" for suffix, n in self.others.most_common(_KINDS)])
            yield f"Not looked at: {counted(sum(self.others.values()), 'file')} of other kinds ({kinds})"

    def skip(self, problem: str) -> None:
        """Note a record that could not be used."""
        self.skipped += 1
        if len(self.problems) < _PROBLEMS:
            self.problems.append(problem)

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        return {
            **vars(self),
            "files": [file.to_json() for file in self.files],
            "others": dict(self.others),
            "speakers": self.speakers.to_json(),
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> SourceReport:
        """Return the report that `to_json` wrote."""
        files = [FileReport.from_json(file) for file in values["files"]]
        others, speakers = Counter(values["others"]), SpeakerCounts.from_json(values["speakers"])
        return cls(**{**values, "files": files, "others": others, "speakers": speakers})
