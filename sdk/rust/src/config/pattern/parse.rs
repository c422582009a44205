//! From the text of a regular expression to its program.
//!
//! A block of a program is moved and repeated as it is: its jumps are relative.

use std::iter::Peekable;
use std::str::Chars;

/// One thing to do. Offsets are counted from itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Op {
    /// Takes a character of the class with this number.
    Take(usize),
    /// Goes on at the first, and where that leads nowhere, at the second.
    Split(isize, isize),
    Jump(isize),
    /// Keeps the position.
    Save(usize),
    Look(Look),
    Found,
}

/// What has to be said of a position.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Look {
    TextBegin,
    TextEnd,
    LineBegin,
    LineEnd,
    WordEdge,
    NoWordEdge,
}

/// A set of characters.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Class {
    pub(super) ranges: Vec<(char, char)>,
    pub(super) is_negated: bool,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Program {
    pub(super) ops: Vec<Op>,
    pub(super) classes: Vec<Class>,
    /// Groups, the whole included.
    pub(super) groups: usize,
}

type Block = Vec<Op>;
pub(super) type Parsed<T> = Result<T, &'static str>;

/// Of a program; what repeats repetitions would take all memory.
const OPS_MAX: usize = 20_000;
const NESTING_MAX: usize = 50;
const UNBOUNDED: usize = usize::MAX;

#[derive(Clone, Copy, Default)]
struct Flags {
    is_any_case: bool,
    is_multiline: bool,
    dot_takes_all: bool,
}

pub(super) struct Parser<'p> {
    pub(super) rest: Peekable<Chars<'p>>,
    program: Program,
    flags: Flags,
    depth: usize,
}

pub(super) fn program(pattern: &str) -> Parsed<Program> {
    let program = Program { groups: 1, ..Program::default() };
    let mut parser = Parser { rest: pattern.chars().peekable(), program, flags: Flags::default(), depth: 0 };
    let mut ops = vec![Op::Save(0)];
    ops.extend(parser.alternatives()?);
    if parser.rest.next().is_some() {
        return Err("a `)` closes nothing");
    }
    ops.extend([Op::Save(1), Op::Found]);
    parser.program.ops = ops;
    Ok(parser.program)
}

impl Parser<'_> {
    pub(super) fn takes(&mut self, c: char) -> bool {
        self.rest.next_if_eq(&c).is_some()
    }

    fn alternatives(&mut self) -> Parsed<Block> {
        self.depth += 1;
        if self.depth > NESTING_MAX {
            return Err("groups are nested too deep");
        }
        let mut all = vec![self.sequence()?];
        while self.takes('|') {
            all.push(self.sequence()?);
        }
        self.depth -= 1;
        let mut block = all.pop().unwrap_or_default();
        while let Some(before) = all.pop() {
            let (first, second) = (offset(before.len()), offset(block.len()));
            let mut both = vec![Op::Split(1, first + 2)];
            both.extend(before);
            both.push(Op::Jump(second + 1));
            both.append(&mut block);
            block = both;
        }
        Ok(block)
    }

    fn sequence(&mut self) -> Parsed<Block> {
        let mut block = Block::new();
        while let Some(&c) = self.rest.peek() {
            if c == '|' || c == ')' {
                break;
            }
            let Some(mut one) = self.one()? else { continue };
            while let Some((least, most)) = self.count()? {
                let is_lazy = self.takes('?');
                one = repeated(&one, least, most, is_lazy)?;
            }
            block.append(&mut one);
            if block.len() > OPS_MAX {
                return Err(TOO_LONG);
            }
        }
        Ok(block)
    }

    /// How often what stands before is to come, if that is said.
    fn count(&mut self) -> Parsed<Option<(usize, usize)>> {
        let count = match self.rest.peek() {
            Some('*') => (0, UNBOUNDED),
            Some('+') => (1, UNBOUNDED),
            Some('?') => (0, 1),
            Some('{') => {
                self.rest.next();
                let least = self.number().ok_or(COUNT)?;
                let most = match self.takes(',') {
                    false => least,
                    true => self.number().unwrap_or(UNBOUNDED),
                };
                if self.rest.peek() != Some(&'}') || most < least {
                    return Err(COUNT);
                }
                (least, most)
            }
            Some(_) | None => return Ok(None),
        };
        self.rest.next();
        Ok(Some(count))
    }

    fn number(&mut self) -> Option<usize> {
        let mut number = None;
        while let Some(digit) = self.rest.peek().and_then(|c| c.to_digit(10)) {
            self.rest.next();
            number = Some((number.unwrap_or(0_usize) * 10 + digit as usize).min(OPS_MAX));
        }
        number
    }

    /// None are flags, which take nothing.
    fn one(&mut self) -> Parsed<Option<Block>> {
        let Some(c) = self.rest.next() else { return Ok(None) };
        Ok(Some(match c {
            '(' => return self.group(),
            '[' => {
                let class = self.class()?;
                vec![self.take(class)]
            }
            '.' => {
                let ranges = if self.flags.dot_takes_all { Vec::new() } else { vec![('\n', '\n')] };
                vec![self.take(Class { ranges, is_negated: true })]
            }
            '^' if self.flags.is_multiline => vec![Op::Look(Look::LineBegin)],
            '^' => vec![Op::Look(Look::TextBegin)],
            '$' if self.flags.is_multiline => vec![Op::Look(Look::LineEnd)],
            '$' => vec![Op::Look(Look::TextEnd)],
            '*' | '+' | '?' | '{' => return Err("a count has nothing before it that it counts"),
            '\\' => match self.rest.peek() {
                Some('b') => self.look(Look::WordEdge),
                Some('B') => self.look(Look::NoWordEdge),
                Some('A') => self.look(Look::TextBegin),
                Some('z') => self.look(Look::TextEnd),
                Some(_) | None => {
                    let class = self.escaped()?;
                    vec![self.take(class)]
                }
            },
            c => vec![self.take(Class { ranges: vec![(c, c)], is_negated: false })],
        }))
    }

    fn look(&mut self, look: Look) -> Block {
        self.rest.next();
        vec![Op::Look(look)]
    }

    fn take(&mut self, mut class: Class) -> Op {
        if self.flags.is_any_case {
            for at in 0..class.ranges.len() {
                let (low, high) = class.ranges[at];
                for (first, last, other) in [('a', 'z', 'A'), ('A', 'Z', 'a')] {
                    let (low, high) = (low.max(first), high.min(last));
                    if low <= high {
                        let swapped = |c: char| char::from(c as u8 - first as u8 + other as u8);
                        class.ranges.push((swapped(low), swapped(high)));
                    }
                }
            }
        }
        let classes = &mut self.program.classes;
        let at = classes.iter().position(|known| *known == class).unwrap_or(classes.len());
        if at == classes.len() {
            classes.push(class);
        }
        Op::Take(at)
    }

    fn group(&mut self) -> Parsed<Option<Block>> {
        let outer = self.flags;
        let is_counted = match self.takes('?') {
            false => true,
            true if self.takes('P') || self.rest.peek() == Some(&'<') => {
                self.name()?;
                true
            }
            true if self.set_flags()? => return Ok(None),
            true => false,
        };
        let number = self.program.groups;
        if is_counted {
            self.program.groups += 1;
        }
        let mut block = self.alternatives()?;
        if !self.takes(')') {
            return Err("a `(` is not closed");
        }
        self.flags = outer;
        if is_counted {
            block.insert(0, Op::Save(2 * number));
            block.push(Op::Save(2 * number + 1));
        }
        Ok(Some(block))
    }

    /// Names are for readers: groups are asked for by number.
    fn name(&mut self) -> Parsed<()> {
        let mut length = 0;
        if !self.takes('<') {
            return Err(GROUP);
        }
        loop {
            match self.rest.next() {
                Some('>') if length > 0 => return Ok(()),
                Some(c) if c == '_' || c.is_ascii_alphanumeric() => length += 1,
                Some(_) | None => return Err(GROUP),
            }
        }
    }

    /// Whether that is all of the group.
    fn set_flags(&mut self) -> Parsed<bool> {
        let mut is_on = true;
        loop {
            match self.rest.next() {
                Some('-') if is_on => is_on = false,
                Some('i') => self.flags.is_any_case = is_on,
                Some('m') => self.flags.is_multiline = is_on,
                Some('s') => self.flags.dot_takes_all = is_on,
                Some(')') => return Ok(true),
                Some(':') => return Ok(false),
                Some(_) | None => return Err(GROUP),
            }
        }
    }
}

const COUNT: &str = "a count is written `{2}`, `{2,}` or `{2,5}`, and `\\{` is itself";
const TOO_LONG: &str = "it counts to more than can be kept";
const GROUP: &str =
    "behind `(?` stands `:`, one of the flags `ims`, or `P<name>`; there is no looking around";

fn offset(count: usize) -> isize {
    isize::try_from(count).unwrap_or(isize::MAX)
}

/// At least and at most so often, as often as possible or as seldom.
fn repeated(block: &Block, least: usize, most: usize, is_lazy: bool) -> Parsed<Block> {
    let bounded = if most == UNBOUNDED { least + 1 } else { most };
    if (block.len() + 2).saturating_mul(bounded) > OPS_MAX {
        return Err(TOO_LONG);
    }
    let split = |on: isize, off: isize| if is_lazy { Op::Split(off, on) } else { Op::Split(on, off) };
    let length = offset(block.len());
    let mut all = block.repeat(least);
    if most == UNBOUNDED {
        // What takes nothing is not gone through once more: the way back is behind it.
        if least == 0 {
            all.push(split(1, length + 2));
            all.extend(block);
        }
        all.push(split(-length, 1));
    } else {
        for left in (1..=most - least).rev() {
            all.push(split(1, offset(left) * (length + 1)));
            all.extend(block);
        }
    }
    Ok(all)
}
