# SPDX-License-Identifier: MIT
#
# One look at the learner's heap, from the compiler to the boot in QEMU, and what is said about it.

from booting import BOOTS, LAST, WORK_SECONDS, boot, can_boot, is_first, transcript, with_addresses
from checking import first_frame, places_of, run_checks
from compiling import compile_file, help_for
from place import BOSS, CHAPTER, FILE, SECTIONS, STATE, TRACK, TRACKS, shown, state_of, steps_of
from progress import alone, passed_in, text_of
from screen import INDENT, bar, inline, markdown, say, style, tell, wrapped
from terminal import say_in_pages
from words import hints, step_text, step_title


# What the list says of a track that is not this one.
OTHER = {"heap": "track.heap", "interrupts": "track.interrupts"}


class Lesson:
    def __init__(self, words, progress):
        self.words, self.progress = words, progress

    # ---- What the learner sees ----

    def list(self):
        done = len(self.progress.done)
        say(f"{style('title', self.words('list.title'))}  {bar(done, BOSS)} " +
            self.words("list.count", done=done, whole=BOSS))
        for step in range(1, BOSS + 1):
            mark = "x" if self.progress.passed(step) else ">" if step == self.progress.current else " "
            line = f"  [{mark}] {step:2}  {step_title(self.words.language, step)}"
            say(style("good" if mark == "x" else "bold" if mark == ">" else "faint", line))
        self.other_tracks()

    def other_tracks(self):
        for track in TRACKS:
            if track != TRACK:
                whole = len(steps_of(track))
                tell(self.words(OTHER[track], done=passed_in(state_of(track), whole), whole=whole), "  ")

    def text(self, step):
        told = markdown(step_text(self.words.language, step), drawn=True)
        section = self.words("text.section", section=SECTIONS[step - 1], chapter=CHAPTER[self.words.language])
        say()
        say_in_pages(f"{told}\n\n{inline(wrapped(section, '  '))}", self.words("text.more"))

    def open_step(self):
        self.list()
        self.text(self.progress.current)

    def title(self, step):
        return self.words("check.title", step=step, title=step_title(self.words.language, step))

    def hint(self, step, number, more="hint.more"):
        told = hints(self.words.language, step)
        say()
        say(style("title", self.words("hint.title", step=step, number=number, whole=len(told))))
        say(markdown(told[number - 1]))
        say()
        tell(self.words(more if number < len(told) else "hint.last", step=step))

    def next_steps(self, step):
        say()
        tell(self.words("next.failed", file=shown(FILE), step=step), "  ")

    def finished(self):
        say()
        say(style("good", self.words("done.title")))
        say(markdown(self.words("done.text", chapter=CHAPTER[self.words.language])))

    # ---- One check ----

    def check(self, step, only=False):
        with alone(STATE / "lock"):
            return self.look(step, only)

    def look(self, step, only):
        """True when the heap passes the step, and (unless only this one is asked for) all below it. Says everything."""
        if not FILE.exists():
            tell(self.words("file.missing", file=shown(FILE)))
            return False
        text = text_of(FILE)
        say(style("title", self.title(step)))
        made = compile_file()
        if made.error:
            self.tell_error(made)
            return False
        report = self.run_one(made.program, step) if only else run_checks(made.program, step)
        if not only and not report.get("crash") and (not report.passed or not self.progress.done):
            step, report = self.furthest(made.program, step, report)
        if not report.passed:
            self.tell_failure(step, made, report)
            return False
        self.tell_done("check.passed", count=len(report.all("ok")))
        if report.all("swept"):
            self.tell_done("check.swept", count=sum(map(int, report.all("swept"))))
        if report.all("left-out"):
            say("  [-] " + self.words("check.left_out"))
        if BOOTS and not self.boot(step):
            return False
        if not only:
            self.progress.mark_passed(step, text)
        return True

    def run_one(self, program, step):
        """A step that was passed: by the rules of the last one that was, or of the one that is being written."""
        report = run_checks(program, self.progress.highest, step)
        return report if report.passed else run_checks(program, self.progress.current, step)

    def furthest(self, program, step, report):
        """Where a heap comes from elsewhere it may have left this step behind: blocks of step 6 are not those of step 5."""
        for later in range(BOSS, step, -1):
            other = run_checks(program, later)
            if other.passed:
                say(style("title", self.title(later)))
                tell(self.words("check.further", step=later), "  ")
                return later, other
            if other.get("crash") == "crash-loop":
                break
        return step, report

    def tell_done(self, name, **values):
        say(f"  {style('good', '[x]')} " + self.words(name, **values))

    def tell_lines(self, lines):
        for line in lines:
            say(f"{' ' * INDENT}{line}")

    def tell_error(self, made):
        say(f"  {style('bad', '[ ]')} " + self.words("compiler.failed", file=shown(FILE)))
        self.tell_lines(made.error.split("\n"))
        say()
        tell(self.words(f"compiler.{made.help_name}"), "  ")

    # ---- A failure, piece by piece ----

    def tell_failure(self, step, made, report):
        failed_step = int(report.get("step") or step)
        say(f"  {style('bad', '[ ]')} " + self.words("check.failed" if failed_step == step else "check.failed_below",
                                                       step=failed_step))
        self.tell_interrupt(made, report)
        self.tell_calls(report)
        self.tell_values(report)
        self.tell_crash(made, report)
        self.tell_picture(report)
        self.tell_diagnosis(report)
        if report.all("said"):
            say(self.words("report.said"))
            self.tell_lines(report.all("said")[-10:])
        if made.warnings:
            say(self.words("report.warning"))
            self.tell_lines(made.warnings.split("\n"))

    def tell_interrupt(self, made, report):
        """In front of which instruction it came, for those that come in between."""
        if not report.get("interrupt"):
            return
        address, number, how = report.get("interrupt").split()
        place = places_of(made.program, [int(address, 16)])[0]
        function, line = place or ("?", 0)
        tell(self.words(f"report.interrupt_{how}", number=number, function=function, line=line), "  ")
        if place:
            self.tell_code(line)

    def tell_code(self, number):
        code = FILE.read_text(encoding="utf-8", errors="replace").split("\n")
        self.tell_lines([f"{number:4} | {code[number - 1].strip()}" if number <= len(code) else ""])

    def tell_calls(self, report):
        say(self.words("report.called"))
        self.tell_lines(report.all("call") or ["-"])

    def tell_values(self, report):
        rows = [(self.words(f"report.{key}"), report.get(key)) for key in ("look", "wanted", "came") if report.get(key)]
        for label, value in rows:
            say(f"  {label}  {style('bold', value)}")

    def tell_crash(self, made, report):
        if report.get("wrote"):
            say(self.words("report.wrote", place=style("bold", report.get("wrote"))))
        if report.get("owner"):
            say(self.words("report.owner", owner=report.get("owner")))
        if not report.get("crash"):
            return
        say(self.words(f"report.{report.get('crash')}"))
        frame = first_frame(made.program, report)
        if frame:
            function, number = frame
            say(self.words("report.line", function=function, line=number))
            self.tell_code(number)

    def tell_picture(self, report):
        if not report.all("picture"):
            return
        say(self.words("report.picture", scale=report.get("scale")))
        self.tell_lines(report.all("picture"))
        if self.words("report.legend"):
            say(style("faint", f"  {self.words('report.legend')}"))

    def tell_diagnosis(self, report):
        say()
        say(style("bold", self.words("report.diagnosis")) + style("faint", f"  ({report.diagnosis})"))
        tell(self.words(report.diagnosis), "  ")

    # ---- The kernel ----

    def boot(self, step):
        for machine in ("host", "i386"):
            if not can_boot(machine):
                say("  [-] " + self.words("boot.no_qemu"))
                continue
            if is_first(machine):
                say(style("faint", "  ... " + self.words("boot.building")))
            result = boot(machine, step)
            if not result.built:
                self.tell_unbuilt(machine, result)
                return False
            if not result.good:
                self.tell_bad_boot(machine, step, result)
                return False
            self.tell_done(f"boot.{machine}")
        self.tell_lines(style("faint", line) for line in transcript(result.text))
        return True

    def tell_unbuilt(self, machine, result):
        say(f"  {style('bad', '[ ]')} " + self.words("boot.unbuilt", machine=machine))
        self.tell_lines(result.text.split("\n"))
        say()
        tell(self.words(f"compiler.{help_for(result.text)}"), "  ")

    def tell_bad_boot(self, machine, step, result):
        say(f"  {style('bad', '[ ]')} " + self.words("boot.failed", machine=machine))
        self.tell_lines(transcript(result.text, 40))
        if result.hung:
            say(self.words("boot.hung", seconds=WORK_SECONDS))
        say()
        tell(self.words("boot.help", commands="; ".join(BOOTS[step - 1][0])), "  ")
        if result.missing:
            self.tell_missing(result)

    def tell_missing(self, result):
        say(self.words("boot.wanted"))
        self.tell_lines([with_addresses(result.missing, result.text).strip()])
        say(self.words("boot.came"))
        self.tell_lines([(result.instead or self.words("boot.nothing")).strip()])
        if result.missing in LAST:
            say()
            tell(self.words(f"bug.{LAST[result.missing]}"), "  ")
