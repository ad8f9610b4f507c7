//! The tokenizers.

use gpt_cost::Encoding;

/// What a tokenizer does with a text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Task {
    Count,
    Encode,
}

impl Task {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Encode => "encode",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Count, Self::Encode].into_iter().find(|task| task.as_str() == name)
    }
}

/// A tokenizer with its vocabulary, ready for one task.
pub enum Work {
    Count(Function<usize>),
    Encode(Function<Vec<u32>>),
}

type Function<Output> = Box<dyn Fn(&str) -> Output>;

pub struct Peer {
    pub name: &'static str,
    /// Whether its tokens are known to be those of OpenAI's tokenizer; then it is an error if they differ from ours.
    pub exact: bool,
    /// Whether it brings its vocabulary; if not, its start is not measured.
    pub has_vocabulary: bool,
    pub load: fn(Task, &str) -> Work,
}

/// We come first.
pub const PEERS: [Peer; 5] = [
    Peer { name: "gpt-cost", exact: true, has_vocabulary: true, load: ours },
    Peer { name: "tiktoken-rs", exact: true, has_vocabulary: true, load: tiktoken_rs },
    Peer { name: "bpe-openai", exact: true, has_vocabulary: true, load: bpe_openai },
    Peer { name: "tiktoken", exact: false, has_vocabulary: true, load: tiktoken },
    Peer { name: "fastokens", exact: true, has_vocabulary: false, load: fastokens },
];

fn ours(task: Task, encoding: &str) -> Work {
    let encoding: Encoding = encoding.parse().expect("a known encoding");
    match task {
        Task::Count => Work::Count(Box::new(move |text| encoding.count(text))),
        Task::Encode => Work::Encode(Box::new(move |text| encoding.encode(text))),
    }
}

fn tiktoken_rs(task: Task, encoding: &str) -> Work {
    let tokenizer = oracle(encoding);
    match task {
        Task::Count => Work::Count(Box::new(move |text| tokenizer.count_ordinary(text))),
        Task::Encode => Work::Encode(Box::new(move |text| tokenizer.encode_ordinary(text))),
    }
}

fn bpe_openai(task: Task, encoding: &str) -> Work {
    let tokenizer = match encoding {
        "cl100k_base" => bpe_openai::cl100k_base(),
        _ => bpe_openai::o200k_base(),
    };
    match task {
        Task::Count => Work::Count(Box::new(move |text| tokenizer.count(text))),
        Task::Encode => Work::Encode(Box::new(move |text| tokenizer.encode(text))),
    }
}

fn tiktoken(task: Task, encoding: &str) -> Work {
    let tokenizer = tiktoken::get_encoding(encoding).expect("a known encoding");
    match task {
        Task::Count => Work::Count(Box::new(move |text| tokenizer.count(text))),
        Task::Encode => Work::Encode(Box::new(move |text| tokenizer.encode(text))),
    }
}

/// It is given the oracle's vocabulary, since it brings none, and counts by encoding, since it has no function for that.
fn fastokens(task: Task, encoding: &str) -> Work {
    let oracle = oracle(encoding);
    let ranks: Vec<(Vec<u8>, u32)> = (0..200_000)
        .filter(|rank| !(encoding == "cl100k_base" && *rank >= 100_256 || *rank >= 199_998))
        .filter_map(|rank| Some((oracle.decode_bytes(&[rank]).ok()?, rank)))
        .collect();
    let config = fastokens::tiktoken::TiktokenConfig::from_preset(encoding).expect("a known encoding");
    let tokenizer = fastokens::Tokenizer::from_tiktoken_ranks(&ranks, config).expect("a good vocabulary");
    let encode = move |text: &str| tokenizer.encode_ordinary(text).expect("a text that can be encoded");
    match task {
        Task::Count => Work::Count(Box::new(move |text| encode(text).len())),
        Task::Encode => Work::Encode(Box::new(encode)),
    }
}

fn oracle(encoding: &str) -> &'static tiktoken_rs::CoreBPE {
    match encoding {
        "cl100k_base" => tiktoken_rs::cl100k_base_singleton(),
        _ => tiktoken_rs::o200k_base_singleton(),
    }
}
