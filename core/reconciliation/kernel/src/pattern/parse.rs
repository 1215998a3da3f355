//! A pattern as a tree.

use crate::text::EURO;

/// A set of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Bytes([u64; 4]);

impl Bytes {
    pub const NONE: Bytes = Bytes([0; 4]);
    pub const ALL: Bytes = Bytes([u64::MAX; 4]);

    pub fn of(which: impl Fn(u8) -> bool) -> Bytes {
        (0..=u8::MAX).filter(|&byte| which(byte)).fold(Bytes::NONE, |set, byte| set.or(Bytes::one(byte)))
    }

    pub fn one(byte: u8) -> Bytes {
        let mut set = [0; 4];
        set[usize::from(byte >> 6)] = 1 << (byte & 63);
        Bytes(set)
    }

    #[inline]
    pub fn has(&self, byte: u8) -> bool {
        self.0[usize::from(byte >> 6)] >> (byte & 63) & 1 != 0
    }

    pub fn or(self, other: Bytes) -> Bytes {
        Bytes(std::array::from_fn(|n| self.0[n] | other.0[n]))
    }

    pub fn and(self, other: Bytes) -> Bytes {
        Bytes(std::array::from_fn(|n| self.0[n] & other.0[n]))
    }

    pub fn not(self) -> Bytes {
        Bytes(self.0.map(|part| !part))
    }

    /// The only byte of the set.
    pub fn only(&self) -> Option<u8> {
        let count: u32 = self.0.iter().map(|part| part.count_ones()).sum();
        (count == 1).then(|| (0..=u8::MAX).find(|&byte| self.has(byte)))?
    }

    /// The set that `\d`, `\w` or `\s` is.
    fn named(letter: char) -> Option<Bytes> {
        let set = match letter.to_ascii_lowercase() {
            'd' => Bytes::of(|byte| byte.is_ascii_digit()),
            'w' => Bytes::of(is_word),
            's' => Bytes::of(|byte| matches!(byte, 9..=13 | 28..=32)),
            _ => return None,
        };
        Some(if letter.is_ascii_uppercase() { set.not() } else { set })
    }
}

pub fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

#[derive(Clone, Debug)]
pub enum Node {
    One(Bytes),
    Row(Vec<Node>),
    Either(Vec<Node>),
    Many {
        node: Box<Node>,
        least: u32,
        most: u32,
        lazy: bool,
    },
    /// A group that is kept, by its number.
    Group(u16, Box<Node>),
    /// What a group matched, once more.
    Same(u16),
    Look {
        behind: bool,
        not: bool,
        node: Box<Node>,
    },
    Begin,
    End,
    /// A place between a word and what is none, or (`false`) any other place.
    Edge(bool),
}

/// As many as there are.
pub const ANY: u32 = u32::MAX;

impl Node {
    /// The fewest and the most bytes it takes.
    pub fn width(&self) -> (u32, u32) {
        match self {
            Node::One(_) => (1, 1),
            Node::Row(row) => {
                row.iter().map(Node::width).fold((0, 0), |(a, b), (c, d)| (a + c, b.saturating_add(d)))
            }
            Node::Either(ways) => {
                let widths = ways.iter().map(Node::width);
                widths.reduce(|(a, b), (c, d)| (a.min(c), b.max(d))).unwrap_or((0, 0))
            }
            Node::Many { node, least, most, .. } => {
                let (few, many) = node.width();
                (few.saturating_mul(*least), many.saturating_mul(*most))
            }
            Node::Group(_, node) => node.width(),
            Node::Same(_) => (0, ANY),
            Node::Look { .. } | Node::Begin | Node::End | Node::Edge(_) => (0, 0),
        }
    }

    /// The sets of a row of single bytes.
    pub fn singles(&self) -> Option<Vec<Bytes>> {
        match self {
            Node::One(set) => Some(vec![*set]),
            Node::Row(row) => {
                row.iter().map(|node| if let Node::One(set) = node { Some(*set) } else { None }).collect()
            }
            _ => None,
        }
    }

    fn has_groups(&self) -> bool {
        match self {
            Node::Group(..) => true,
            Node::Row(nodes) | Node::Either(nodes) => nodes.iter().any(Node::has_groups),
            Node::Many { node, .. } | Node::Look { node, .. } => node.has_groups(),
            _ => false,
        }
    }
}

/// Reads a pattern; an error says what is not understood.
pub struct Parser<'p> {
    rest: std::iter::Peekable<std::str::Chars<'p>>,
    /// The names of the groups in their order (empty for one without).
    pub groups: Vec<String>,
}

type Read<T> = Result<T, String>;

impl<'p> Parser<'p> {
    pub fn new(pattern: &'p str) -> Parser<'p> {
        Parser { rest: pattern.chars().peekable(), groups: Vec::new() }
    }

    pub fn whole(&mut self) -> Read<Node> {
        let node = self.either()?;
        match self.rest.next() {
            None => Ok(node),
            Some(sign) => Err(format!("a {sign} too many")),
        }
    }

    fn either(&mut self) -> Read<Node> {
        let mut ways = vec![self.row()?];
        while self.takes('|') {
            ways.push(self.row()?);
        }
        Ok(if ways.len() == 1 { ways.swap_remove(0) } else { Node::Either(ways) })
    }

    fn row(&mut self) -> Read<Node> {
        let mut row = Vec::new();
        while !matches!(self.rest.peek(), None | Some('|' | ')')) {
            let node = self.single()?;
            match self.repeated(node)? {
                Node::Row(more) => row.extend(more),
                node => row.push(node),
            }
        }
        Ok(if row.len() == 1 { row.swap_remove(0) } else { Node::Row(row) })
    }

    fn repeated(&mut self, node: Node) -> Read<Node> {
        let (least, most) = match self.rest.peek() {
            Some('*') => (0, ANY),
            Some('+') => (1, ANY),
            Some('?') => (0, 1),
            Some('{') => {
                self.rest.next();
                let least = self.number()?;
                let most = if self.takes(',') { self.number()?.or(Some(ANY)) } else { least };
                (least.unwrap_or(0), most.ok_or("braces without a number")?)
            }
            _ => return Ok(node),
        };
        self.rest.next();
        let lazy = self.takes('?');
        if let Some(sign @ ('*' | '+')) = self.rest.peek() {
            return Err(format!("{sign} behind a repeat"));
        }
        Ok(Node::Many { node: Box::new(node), least, most, lazy })
    }

    fn number(&mut self) -> Read<Option<u32>> {
        let mut digits = String::new();
        while let Some(digit) = self.rest.next_if(char::is_ascii_digit) {
            digits.push(digit);
        }
        if !matches!(self.rest.peek(), Some(',' | '}')) {
            return Err("braces that count nothing".to_owned());
        }
        if digits.is_empty() {
            return Ok(None);
        }
        digits.parse().map(Some).map_err(|_| format!("a repeat of {digits}"))
    }

    fn single(&mut self) -> Read<Node> {
        Ok(match self.next()? {
            '(' => return self.group(),
            '[' => Node::One(self.set()?),
            '.' => Node::One(Bytes::one(b'\n').not()),
            '^' => Node::Begin,
            '$' => Node::End,
            '\\' => match self.next()? {
                'b' => Node::Edge(true),
                'B' => Node::Edge(false),
                digit @ '1'..='9' => Node::Same(digit as u16 - '0' as u16),
                letter => Node::One(escaped(letter)?),
            },
            sign @ ('*' | '+' | '?' | '{') => return Err(format!("{sign} behind nothing")),
            sign => Node::One(Bytes::one(byte_of(sign)?)),
        })
    }

    /// What stands behind an opening bracket, with the closing one.
    fn group(&mut self) -> Read<Node> {
        let mut look = None;
        let mut number = None;
        if !self.takes('?') {
            number = Some(self.begin_group(String::new()));
        } else {
            match self.next()? {
                ':' => {}
                'P' if self.takes('<') => {
                    let mut name = String::new();
                    while !self.takes('>') {
                        name.push(self.next()?);
                    }
                    number = Some(self.begin_group(name));
                }
                '=' => look = Some((false, false)),
                '!' => look = Some((false, true)),
                '<' if self.takes('=') => look = Some((true, false)),
                '<' if self.takes('!') => look = Some((true, true)),
                sign => return Err(format!("(?{sign}")),
            }
        }
        let node = self.either()?;
        if !self.takes(')') {
            return Err("a bracket that is not closed".to_owned());
        }
        let Some((behind, not)) = look else {
            return Ok(match number {
                Some(number) => Node::Group(number, Box::new(node)),
                // a row of its own stays one: what repeats it repeats all of it
                None => {
                    if matches!(node, Node::Row(_)) {
                        Node::Either(vec![node])
                    } else {
                        node
                    }
                }
            });
        };
        let (few, most) = node.width();
        if (behind && few != most) || node.has_groups() {
            return Err("a look behind of no certain width, or a look with groups".to_owned());
        }
        Ok(Node::Look { behind, not, node: Box::new(node) })
    }

    fn begin_group(&mut self, name: String) -> u16 {
        self.groups.push(name);
        self.groups.len() as u16
    }

    fn set(&mut self) -> Read<Bytes> {
        let not = self.takes('^');
        let mut set = Bytes::NONE;
        loop {
            let first = match self.next()? {
                ']' if set != Bytes::NONE => return Ok(if not { set.not() } else { set }),
                '\\' => {
                    let letter = self.next()?;
                    let bytes = escaped(letter)?;
                    let Some(first) = bytes.only() else {
                        set = set.or(bytes);
                        continue;
                    };
                    first
                }
                sign => byte_of(sign)?,
            };
            let mut last = first;
            let mut ahead = self.rest.clone();
            if ahead.next() == Some('-') && ahead.next().is_some_and(|sign| sign != ']') {
                self.rest.next();
                last = match self.next()? {
                    '\\' => {
                        let letter = self.next()?;
                        escaped(letter)?.only().ok_or("a set that ends a range")?
                    }
                    sign => byte_of(sign)?,
                };
            }
            set = set.or(Bytes::of(|byte| (first..=last).contains(&byte)));
        }
    }

    fn next(&mut self) -> Read<char> {
        self.rest.next().ok_or_else(|| "an end too soon".to_owned())
    }

    fn takes(&mut self, sign: char) -> bool {
        self.rest.next_if_eq(&sign).is_some()
    }
}

fn escaped(letter: char) -> Read<Bytes> {
    if let Some(set) = Bytes::named(letter) {
        return Ok(set);
    }
    match letter {
        'n' => Ok(Bytes::one(b'\n')),
        't' => Ok(Bytes::one(b'\t')),
        'r' => Ok(Bytes::one(b'\r')),
        letter if letter.is_alphanumeric() => Err(format!("\\{letter}")),
        sign => byte_of(sign).map(Bytes::one),
    }
}

fn byte_of(sign: char) -> Read<u8> {
    match sign {
        '€' => Ok(EURO),
        sign if sign.is_ascii() => Ok(sign as u8),
        sign => Err(format!("{sign} in a folded text")),
    }
}
