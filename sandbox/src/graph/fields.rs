//! `fields=a,b{c},edge.limit(5){id}`: what a caller wants of a node (reference §4.1).

use super::GraphError;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) limit: Option<usize>,
    pub(crate) after: Option<String>,
    pub(crate) children: Vec<Field>,
}

impl Field {
    pub(crate) fn plain(name: &str) -> Self {
        Self { name: name.to_owned(), limit: None, after: None, children: Vec::new() }
    }
}

/// A node's default fields, as written in the source.
pub(crate) fn defaults(text: &str) -> Vec<Field> {
    text.split(',').map(Field::plain).collect()
}

pub(crate) fn parse(text: &str) -> Result<Vec<Field>, GraphError> {
    let mut reader = Reader { text: text.as_bytes(), at: 0 };
    let fields = reader.list()?;
    if reader.at < reader.text.len() {
        return Err(reader.fault());
    }
    Ok(fields)
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn list(&mut self) -> Result<Vec<Field>, GraphError> {
        let mut fields = Vec::new();
        loop {
            self.skip_spaces();
            fields.push(self.field()?);
            self.skip_spaces();
            if !self.eat(b',') {
                return Ok(fields);
            }
        }
    }

    fn field(&mut self) -> Result<Field, GraphError> {
        let mut field = Field::plain(&self.word()?);
        while self.eat(b'.') {
            let modifier = self.word()?;
            let argument = self.argument()?;
            match modifier.as_str() {
                "limit" => field.limit = Some(argument.parse().map_err(|_| self.fault())?),
                "after" => field.after = Some(argument),
                // Others, like `as` or `type`, change nothing here.
                _ => {}
            }
        }
        if self.eat(b'{') {
            field.children = self.list()?;
            if !self.eat(b'}') {
                return Err(self.fault());
            }
        }
        Ok(field)
    }

    fn word(&mut self) -> Result<String, GraphError> {
        let word = self.run(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if word.is_empty() { Err(self.fault()) } else { Ok(word) }
    }

    fn argument(&mut self) -> Result<String, GraphError> {
        if !self.eat(b'(') {
            return Err(self.fault());
        }
        let argument = self.run(|byte| byte != b')');
        if self.eat(b')') { Ok(argument) } else { Err(self.fault()) }
    }

    fn run(&mut self, wanted: impl Fn(u8) -> bool) -> String {
        let start = self.at;
        while self.text.get(self.at).is_some_and(|&byte| wanted(byte)) {
            self.at += 1;
        }
        String::from_utf8_lossy(&self.text[start..self.at]).into_owned()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.text.get(self.at) == Some(&byte);
        self.at += usize::from(found);
        found
    }

    fn skip_spaces(&mut self) {
        self.run(|byte| byte.is_ascii_whitespace());
    }

    fn fault(&self) -> GraphError {
        let left = String::from_utf8_lossy(&self.text[self.at.min(self.text.len())..]).into_owned();
        let message = format!("Syntax error \"Expected name instead of '{left}'.\" at character {}: fields", self.at);
        GraphError::new(2500, &message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_nested_fields_with_modifiers() {
        let fields = parse("id, phone_numbers.limit(5).after(6162){id,health_status{entities}},name").expect("valid");
        assert_eq!(fields.iter().map(|field| field.name.as_str()).collect::<Vec<_>>(), ["id", "phone_numbers", "name"]);
        assert_eq!((fields[1].limit, fields[1].after.as_deref()), (Some(5), Some("6162")));
        assert_eq!(fields[1].children[1].children, [Field::plain("entities")]);
    }

    #[test]
    fn refuses_what_is_not_a_list() {
        for text in ["", "a{b", "a}", "a,,b", "a.limit(x)"] {
            assert_eq!(parse(text).err().map(|error| error.code()), Some(2500), "{text}");
        }
    }
}
