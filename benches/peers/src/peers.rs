//! The tokenizers.

use gpt_cost::Encoding;

/// Counts the tokens of a text.
pub type Count = Box<dyn Fn(&str) -> usize>;

pub struct Peer {
    pub name: &'static str,
    /// Whether its counts are known to be those of OpenAI's tokenizer; then it is an error if they differ from ours.
    pub exact: bool,
    /// Whether it brings its vocabulary; if not, its start is not measured.
    pub has_vocabulary: bool,
    pub load: fn(&str) -> Count,
}

/// We come first.
pub const PEERS: [Peer; 5] = [
    Peer { name: "gpt-cost", exact: true, has_vocabulary: true, load: ours },
    Peer { name: "tiktoken-rs", exact: true, has_vocabulary: true, load: tiktoken_rs },
    Peer { name: "bpe-openai", exact: true, has_vocabulary: true, load: bpe_openai },
    Peer { name: "tiktoken", exact: false, has_vocabulary: true, load: tiktoken },
    Peer { name: "fastokens", exact: true, has_vocabulary: false, load: fastokens },
];

fn ours(encoding: &str) -> Count {
    let encoding: Encoding = encoding.parse().expect("a known encoding");
    Box::new(move |text| encoding.count(text))
}

fn tiktoken_rs(encoding: &str) -> Count {
    let tokenizer = oracle(encoding);
    Box::new(move |text| tokenizer.count_ordinary(text))
}

fn bpe_openai(encoding: &str) -> Count {
    let tokenizer = match encoding {
        "cl100k_base" => bpe_openai::cl100k_base(),
        _ => bpe_openai::o200k_base(),
    };
    Box::new(move |text| tokenizer.count(text))
}

fn tiktoken(encoding: &str) -> Count {
    let tokenizer = tiktoken::get_encoding(encoding).expect("a known encoding");
    Box::new(move |text| tokenizer.count(text))
}

/// It is given the oracle's vocabulary, since it brings none.
fn fastokens(encoding: &str) -> Count {
    let oracle = oracle(encoding);
    let ranks: Vec<(Vec<u8>, u32)> = (0..200_000)
        .filter(|rank| !(encoding == "cl100k_base" && *rank >= 100_256 || *rank >= 199_998))
        .filter_map(|rank| Some((oracle.decode_bytes(&[rank]).ok()?, rank)))
        .collect();
    let config = fastokens::tiktoken::TiktokenConfig::from_preset(encoding).expect("a known encoding");
    let tokenizer = fastokens::Tokenizer::from_tiktoken_ranks(&ranks, config).expect("a good vocabulary");
    Box::new(move |text| tokenizer.encode_ordinary(text).expect("a text that can be encoded").len())
}

fn oracle(encoding: &str) -> &'static tiktoken_rs::CoreBPE {
    match encoding {
        "cl100k_base" => tiktoken_rs::cl100k_base_singleton(),
        _ => tiktoken_rs::o200k_base_singleton(),
    }
}
