"""Everything that can be done, in one table: it feeds the menus, the shortcuts, the palette and the sheet of keys.

A new deed is a line here and a method with the same name on the screen that does it.
"""

from typing import NamedTuple

from commandlog.language import marked


class Action(NamedTuple):
    """What it is called, by which key, and where: everywhere, in a list of entries or tasks, or on one screen.

    `where` is empty, "list", or the id of a screen, which then does it itself (`do_` and the id).
    """

    id: str
    text: str
    keys: tuple[str, ...] = ()
    where: str = ""
    menu: str = ""


LOG, ENTRY, VIEW, TASK, HELP = (
    marked("Log"),
    marked("Entry"),
    marked("View"),
    marked("Task"),
    marked("Help"),
)

ACTIONS = (
    Action("open", marked("Open a log …"), ("Ctrl+O",), menu=LOG),
    Action("sign_in", marked("Sign in or change operator"), ("Ctrl+L",), menu=LOG),
    Action("sign_out", marked("Sign out"), menu=LOG),
    Action("lock", marked("Lock this desk"), ("F9",), menu=LOG),
    Action("change_desk", marked("Sit at another party’s desk"), ("Ctrl+Shift+L",), menu=LOG),
    Action("password", marked("Give this desk’s password for the shared log"), ("Ctrl+Shift+J",), menu=LOG),
    Action("settings", marked("Settings …"), ("Ctrl+,",), menu=LOG),
    Action("quit", marked("Quit"), ("Ctrl+Q",), menu=LOG),
    Action("write", marked("Write an entry"), ("Ctrl+E",), menu=ENTRY),
    Action("park", marked("Park this line and begin another"), ("F2",), menu=ENTRY),
    Action("unpark", marked("Go on with a parked line"), ("Shift+F2",), menu=ENTRY),
    Action("template", marked("Begin a template …"), ("Ctrl+T",), menu=ENTRY),
    Action("methane", marked("METHANE report"), ("Ctrl+M",), menu=ENTRY),
    Action("iimarch", marked("IIMARCH briefing"), ("Ctrl+I",), menu=ENTRY),
    Action("decision", marked("Decision"), ("Ctrl+D",), menu=ENTRY),
    Action("count", marked("Crowd count"), ("Ctrl+Shift+C",), menu=ENTRY),
    Action("agreement", marked("Agreement by voice"), ("Ctrl+J",), menu=ENTRY),
    Action("unit_status", marked("What a unit says of itself"), ("Ctrl+U",), menu=ENTRY),
    Action("level", marked("Declare a level"), ("Ctrl+G",), menu=ENTRY),
    Action("confirm_level", marked("Confirm a level"), ("Ctrl+Shift+G",), menu=ENTRY),
    Action("phase", marked("Enter a phase of the event"), ("Ctrl+Shift+P",), menu=ENTRY),
    Action("assess", marked("Assess"), ("A",), "list", ENTRY),
    Action("add", marked("Add to the entry"), ("B",), "list", ENTRY),
    Action("correct", marked("Correct the entry"), ("C",), "list", ENTRY),
    Action("feed_back", marked("Tell the reporter what became of it"), ("U",), "list", ENTRY),
    Action("ask", marked("Make a task of it"), ("T",), "list", ENTRY),
    Action("mark", marked("Mark as significant, or no longer"), ("M",), "list", ENTRY),
    Action("attach", marked("Attach a photo or file …"), ("Shift+V",), "list", ENTRY),
    Action("attachments", marked("Show or save an attachment …"), ("V",), "list", ENTRY),
    Action("incident", marked("Put into an incident …"), ("I",), "list", ENTRY),
    Action("merge_incident", marked("Merge its incident with another …"), ("Shift+M",), "list", ENTRY),
    Action("close_incident", marked("Close its incident …"), ("Shift+I",), "list", ENTRY),
    Action("release", marked("Tell it to one more party …"), ("Shift+R",), "list", ENTRY),
    Action("recall", marked("Recall it from parties …"), ("Shift+W",), "list", ENTRY),
    Action("misdirected", marked("It reached the wrong party …"), ("Shift+X",), "list", ENTRY),
    Action("erase", marked("Erase its words for good …"), ("Shift+E",), "list", ENTRY),
    Action("copy", marked("Copy as text"), ("Ctrl+C",), "list", ENTRY),
    Action("accept", marked("Accept"), ("Y",), "list", TASK),
    Action("decline", marked("Decline …"), ("N",), "list", TASK),
    Action("start", marked("Under way"), ("S",), "list", TASK),
    Action("done", marked("Done"), ("D",), "list", TASK),
    Action("done_told", marked("Done, told"), ("Shift+D",), "list", TASK),
    Action("confirm", marked("Confirm"), ("K",), "list", TASK),
    Action("agree_orally", marked("Agreed orally"), ("O",), "list", TASK),
    Action("affirm", marked("Affirm what was agreed orally"), ("Shift+O",), "list", TASK),
    Action("hand_over", marked("Hand over …"), ("H",), "list", TASK),
    Action("withdraw", marked("Withdraw …"), ("W",), "list", TASK),
    Action("timeline", marked("Timeline"), ("Ctrl+1",), menu=VIEW),
    Action("board", marked("Board"), ("Ctrl+2",), menu=VIEW),
    Action("alarms", marked("Alarms"), ("Ctrl+3",), menu=VIEW),
    Action("plan", marked("Plan"), ("Ctrl+4",), menu=VIEW),
    Action("crowd", marked("Crowd"), ("Ctrl+5",), menu=VIEW),
    Action("covenant", marked("Covenant"), ("Ctrl+6",), menu=VIEW),
    Action("handover", marked("Handover"), ("Ctrl+7",), menu=VIEW),
    Action("paper", marked("Paper"), ("Ctrl+8",), menu=VIEW),
    Action("wall", marked("Wall window"), ("Ctrl+9",), menu=VIEW),
    Action("desks", marked("Who is at which desk"), ("Ctrl+0",), menu=VIEW),
    Action("settle", marked("What is to be settled"), ("F7",), menu=VIEW),
    Action("filter", marked("Filter …"), ("F",), "timeline", VIEW),
    Action("unfilter", marked("Filter no more"), ("Shift+F",), "timeline", VIEW),
    Action("views", marked("To the views"), ("Ctrl+B",), "timeline", VIEW),
    Action("save_view", marked("Keep this view under a name …"), ("Ctrl+S",), "timeline", VIEW),
    Action("forget_view", marked("Keep a view no longer …"), ("Ctrl+Shift+S",), "timeline", VIEW),
    Action("history", marked("Show or hide what the program wrote"), ("Ctrl+H",), "timeline", VIEW),
    Action("sealed", marked("Show or hide sealed entries"), ("Ctrl+Shift+H",), "timeline", VIEW),
    Action("thread_before", marked("Earlier in the thread"), ("[",), "timeline", VIEW),
    Action("thread_after", marked("Later in the thread"), ("]",), "timeline", VIEW),
    Action("next_alarm", marked("To the newest alarm"), ("F8",), menu=VIEW),
    Action("sound", marked("Sound of alarms on or off"), ("Ctrl+F8",), menu=VIEW),
    Action("seen", marked("Alarm seen"), ("G", "Return", "Enter"), "alarms", VIEW),
    Action("shelve", marked("Ring again later …"), ("L",), "alarms", VIEW),
    Action("to_entry", marked("To the entry of the alarm"), ("Right", "Space"), "alarms", VIEW),
    Action("settle_it", marked("Settle it, or write it again"), ("Return", "Enter"), "settle", VIEW),
    Action("leave_it", marked("Leave it"), ("L",), "settle", VIEW),
    Action("to_conflict", marked("To what the conflict is about"), ("Right", "Space"), "settle", VIEW),
    Action("of_party", marked("What this party said"), ("Return", "Enter"), "desks", VIEW),
    Action("direction", marked("Asked of us, by us, or all"), ("R",), "board", VIEW),
    Action("closed", marked("Show or hide what is closed"), ("X",), "board", VIEW),
    Action("search", marked("Search"), ("Ctrl+F", "/"), menu=VIEW),
    Action("newest", marked("To the newest entry"), ("Ctrl+End",), menu=VIEW),
    Action("larger", marked("Larger text"), ("Ctrl++", "Ctrl+="), menu=VIEW),
    Action("smaller", marked("Smaller text"), ("Ctrl+-",), menu=VIEW),
    Action("look", marked("Light or dark"), ("Ctrl+Shift+K",), menu=VIEW),
    Action("language", marked("Nederlands / English"), ("Ctrl+Shift+N",), menu=VIEW),
    Action("palette", marked("Everything by name"), ("Ctrl+K",), menu=HELP),
    Action("keys", marked("Keys"), ("?", "F1"), menu=HELP),
)
