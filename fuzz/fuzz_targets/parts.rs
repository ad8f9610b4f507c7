//! All functions of an encoding agree with each other for any text, limit and tokens; nothing panics.
#![no_main]

use gpt_cost::Encoding;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, usize, Vec<u32>)| {
    let (text, limit, any) = input;
    for encoding in Encoding::ALL.iter().copied() {
        let tokens = encoding.encode(text);
        assert_eq!(encoding.count(text), tokens.len());
        assert_eq!(encoding.count_up_to(text, limit), (tokens.len() <= limit).then_some(tokens.len()));
        assert_eq!(encoding.decode_text(&tokens).as_deref(), Ok(text));
        assert!(encoding.tokens(text).map(|token| token.id).eq(tokens.iter().copied()));
        assert!(encoding.count(encoding.truncate(text, limit)) <= limit);
        let _ = encoding.decode_text(&any);
    }
});
