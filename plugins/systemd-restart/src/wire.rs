//! Messages of D-Bus, as far as calls to systemd need them: strings and numbers. Whoever is on the bus may send anything, so
//! that every length is held to a limit before it is believed.

/// More than any answer of systemd's that is read here; the protocol would allow 128 MiB.
pub(crate) const MESSAGE_BYTES_MAX: usize = 1 << 20;
const FIELDS_BYTES_MAX: usize = 64 << 10;
const FIXED_BYTES: usize = 16;

/// What a message is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Call,
    Return,
    Error,
    Signal,
    /// Of a later version: to be passed over.
    Unknown,
}

/// A message that came.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    pub kind: Kind,
    pub reply_to: Option<u32>,
    pub path: String,
    pub interface: String,
    pub member: String,
    pub error: String,
    pub sender: String,
    pub signature: String,
    body: Vec<u8>,
    order: Order,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Order {
    Little,
    Big,
}

/// A call to be sent.
pub(crate) struct Call<'a> {
    pub(crate) destination: &'a str,
    pub(crate) path: &'a str,
    pub(crate) interface: &'a str,
    pub(crate) member: &'a str,
    /// All of them strings.
    pub(crate) arguments: &'a [&'a str],
}

impl Call<'_> {
    pub(crate) fn bytes(&self, serial: u32) -> Vec<u8> {
        let mut body = Vec::new();
        for argument in self.arguments {
            string(&mut body, argument);
        }
        let mut message = vec![b'l', 1, 0, 1];
        number(&mut message, body.len());
        message.extend(serial.to_le_bytes());
        let length_at = message.len();
        number(&mut message, 0);
        let begins = message.len();
        for (code, kind, value) in [
            (1, b'o', self.path),
            (2, b's', self.interface),
            (3, b's', self.member),
            (6, b's', self.destination),
        ] {
            pad(&mut message, 8);
            message.extend([code, 1, kind, 0]);
            string(&mut message, value);
        }
        if !self.arguments.is_empty() {
            pad(&mut message, 8);
            message.extend([8, 1, b'g', 0]);
            signature(&mut message, &"s".repeat(self.arguments.len()));
        }
        let length = u32::try_from(message.len() - begins).unwrap_or(u32::MAX);
        message[length_at..length_at + 4].copy_from_slice(&length.to_le_bytes());
        pad(&mut message, 8);
        message.extend(body);
        message
    }
}

fn pad(to: &mut Vec<u8>, boundary: usize) {
    to.resize(to.len().next_multiple_of(boundary), 0);
}

fn number(to: &mut Vec<u8>, value: usize) {
    to.extend(u32::try_from(value).unwrap_or(u32::MAX).to_le_bytes());
}

fn string(to: &mut Vec<u8>, text: &str) {
    pad(to, 4);
    number(to, text.len());
    to.extend(text.as_bytes());
    to.push(0);
}

fn signature(to: &mut Vec<u8>, text: &str) {
    to.push(u8::try_from(text.len()).unwrap_or(u8::MAX));
    to.extend(text.as_bytes());
    to.push(0);
}

/// The message at the beginning, and how many bytes it takes; none while it is not all there.
///
/// # Errors
/// If it is not a message, in a sentence.
pub fn message(bytes: &[u8]) -> Result<Option<(Message, usize)>, String> {
    let Some(fixed) = bytes.get(..FIXED_BYTES) else { return Ok(None) };
    let order = match fixed[0] {
        b'l' => Order::Little,
        b'B' => Order::Big,
        other => return Err(format!("a message begins with the byte {other}")),
    };
    if fixed[3] != 1 {
        return Err(format!("a message is of version {} of the protocol", fixed[3]));
    }
    let mut reader = Reader { bytes: fixed, at: 4, order };
    let (body, serial, fields) = (reader.size()?, reader.u32()?, reader.size()?);
    if serial == 0 {
        return Err("a message has no serial number".to_owned());
    }
    if fields > FIELDS_BYTES_MAX || body > MESSAGE_BYTES_MAX {
        return Err(format!("a message of {} bytes is longer than is read", fields.saturating_add(body)));
    }
    let begins = (FIXED_BYTES + fields).next_multiple_of(8);
    let Some(whole) = bytes.get(..begins + body) else { return Ok(None) };
    let mut message = Message {
        kind: match fixed[1] {
            0 => return Err("a message is of no kind".to_owned()),
            1 => Kind::Call,
            2 => Kind::Return,
            3 => Kind::Error,
            4 => Kind::Signal,
            _ => Kind::Unknown,
        },
        reply_to: None,
        path: String::new(),
        interface: String::new(),
        member: String::new(),
        error: String::new(),
        sender: String::new(),
        signature: String::new(),
        body: whole[begins..].to_vec(),
        order,
    };
    let mut reader = Reader { bytes: &whole[..FIXED_BYTES + fields], at: FIXED_BYTES, order };
    while reader.at < FIXED_BYTES + fields {
        reader.align(8)?;
        message.field(&mut reader)?;
    }
    Ok(Some((message, begins + body)))
}

impl Message {
    fn field(&mut self, reader: &mut Reader<'_>) -> Result<(), String> {
        let code = reader.byte()?;
        let kind = reader.signature()?;
        let slot = match code {
            1 => &mut self.path,
            2 => &mut self.interface,
            3 => &mut self.member,
            4 => &mut self.error,
            7 => &mut self.sender,
            8 => &mut self.signature,
            5 if kind == "u" => {
                self.reply_to = Some(reader.u32()?);
                return Ok(());
            }
            // What is not known is passed over, as the protocol wants it.
            _ => return reader.skip(&kind),
        };
        *slot = match kind.as_str() {
            "s" | "o" => reader.string()?,
            "g" => reader.signature()?,
            _ => return Err(format!("the field {code} of a message is of another type")),
        };
        Ok(())
    }
    /// The strings among the arguments, in order, of a message that has only strings, paths and whole numbers.
    ///
    /// # Errors
    /// If there is anything else in it, in a sentence.
    pub fn strings(&self) -> Result<Vec<String>, String> {
        let mut reader = Reader { bytes: &self.body, at: 0, order: self.order };
        let mut strings = Vec::new();
        for kind in self.signature.chars() {
            match kind {
                's' | 'o' => strings.push(reader.string()?),
                'u' | 'i' | 'b' => {
                    reader.align(4)?;
                    reader.u32()?;
                }
                _ => return Err("an answer has arguments of another type".to_owned()),
            }
        }
        Ok(strings)
    }
}

struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
    order: Order,
}

impl Reader<'_> {
    fn take(&mut self, count: usize) -> Result<&[u8], String> {
        let end = self.at.checked_add(count);
        let taken = end.and_then(|end| self.bytes.get(self.at..end));
        let taken = taken.ok_or_else(|| "a message ends in the middle of a value".to_owned())?;
        self.at += count;
        Ok(taken)
    }
    fn align(&mut self, boundary: usize) -> Result<(), String> {
        let gap = self.at.next_multiple_of(boundary) - self.at;
        self.take(gap).map(drop)
    }
    fn byte(&mut self) -> Result<u8, String> {
        self.take(1).map(|bytes| bytes[0])
    }
    fn u32(&mut self) -> Result<u32, String> {
        let order = self.order;
        let bytes = self.take(4)?;
        let bytes = [bytes[0], bytes[1], bytes[2], bytes[3]];
        Ok(match order {
            Order::Little => u32::from_le_bytes(bytes),
            Order::Big => u32::from_be_bytes(bytes),
        })
    }
    fn size(&mut self) -> Result<usize, String> {
        self.u32().map(|size| usize::try_from(size).unwrap_or(usize::MAX))
    }
    fn text(&mut self, length: usize) -> Result<String, String> {
        let text = self.take(length)?;
        let text =
            std::str::from_utf8(text).map_err(|_| "a text in a message is not UTF-8".to_owned())?.to_owned();
        match self.byte()? {
            0 => Ok(text),
            _ => Err("a text in a message does not end where it should".to_owned()),
        }
    }
    fn string(&mut self) -> Result<String, String> {
        self.align(4)?;
        let length = self.size()?;
        self.text(length)
    }
    fn signature(&mut self) -> Result<String, String> {
        let length = usize::from(self.byte()?);
        self.text(length)
    }
    fn skip(&mut self, kind: &str) -> Result<(), String> {
        let size = match kind {
            "y" => 1,
            "n" | "q" => 2,
            "b" | "i" | "u" | "h" => 4,
            "x" | "t" | "d" => 8,
            "s" | "o" => return self.string().map(drop),
            "g" => return self.signature().map(drop),
            _ => return Err("a message has a field of a type that no field has".to_owned()),
        };
        self.align(size)?;
        self.take(size).map(drop)
    }
}
