"""The three ways in which something can fail that is not a bug; each text says what to do."""


class CommandLogError(Exception):
    """Something that a person can understand; the text is one sentence or two, in the current language."""


class RuleError(CommandLogError):
    """The user can mend it: the text names the state and what can be done instead."""


class OutsideMandate(RuleError):
    """It lies outside a mandate: go on with a reason. `article` names the rule, `text` is what it says."""

    def __init__(self, message: str, article: str, text: str) -> None:
        super().__init__(message)
        self.article = article
        self.text = text


class Unavailable(CommandLogError):
    """The environment refuses for now (disk full, file locked, read-only): nothing was stored, try again."""


class Damaged(CommandLogError):
    """The log does not hold: stop writing, keep the evidence. `position` is the first bad one, 0 if unknown."""

    def __init__(self, message: str, position: int = 0) -> None:
        super().__init__(message)
        self.position = position
