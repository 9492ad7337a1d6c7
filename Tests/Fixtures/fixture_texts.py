"""Texts that tokenizers are trained on and tested with."""

CORPUS = [
    f"{article} {adjective} {noun} {verb} {place}."
    for article in ("a", "the", "one", "every")
    for adjective in ("green", "unripe", "rusty", "frozen", "glowing", "melted", "heavy", "dry")
    for noun in ("apple", "kettle", "flame", "leaf", "iron nail", "candle", "glass of water", "bottle")
    for verb in ("floats", "burns", "rests", "isn't there", "we've seen", "stands")
    for place in ("in the kitchen", "on a table", "under water at 100 degrees", "without gravity")
]

PROMPTS = [
    "An iron nail rests under water, but a candle floats!",
    "the café at 20 °C: it's melting…",
    "",
]

TRICKY = [
    "a green apple",
    "",
    "  spaces\tand\nbreaks  \r\n ",
    "leaf " * 90,
    "the end <|endoftext|> is not the end",
    "Ärger, naïve façade — “quoted” ½ ﬁne",
    "<|startoftext|>a",
    "<|STARTOFTEXT|> a <|EndOfText|>",
    "</s> <pad> <unk> <extra_id_0> [MASK] [CLS] [UNK]",
    "don't we've I'll they'd I'm you're it's O'CLOCK'S",
    "1234567890 1,000.5 x²",
    "水は百度で沸騰する 火 🔥🔥 👩‍🔬 👍🏽 🇩🇪",
    "e\u0301 vs é, A\u030a vs Å, ﷺ",
    "İstanbul ΣΊΣΥΦΟΣ ẞ",
    "zero\u200bwidth\u00a0nbsp\u3000wide\u0085nel",
    "▁under ▁ ▁▁score a▁b",
    "!!!???...,,,;;;:::---___+++===",
    "\u0000null\ufffdreplacement\u0007bell",
    "ｆｕｌｌｗｉｄｔｈ ＡＢＣ １２３",
    "한국어 문장 ㄱㄴㄷ ᄒ\u1161\u11ab",
    "ก็เป็นเช่นนั้น हिन्दी में",
    "a" * 130,
    "antidisestablishmentarianism pneumonoultramicroscopic",
    "C++ & C# <b>html</b> http://example.org/a?b=c#d",
    "a\u0300\u0301\u0302\u0303 stacked",
]
