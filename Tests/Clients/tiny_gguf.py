"""Writes a llama model of random weights, small enough to be made in each test run.

The vocabulary is SentencePiece-like with nothing but byte tokens: whatever is asked can be
tokenised, and whatever the model "says" is made of bytes.
"""

import sys

import gguf
import numpy

EMBED, LAYERS, HEADS, FEED_FORWARD, CONTEXT = 64, 2, 4, 96, 512


def write(path, seed=7):
    """Writes the model to `path`; the same seed writes the same bytes."""
    random = numpy.random.default_rng(seed)

    def weights(*shape):
        return (random.standard_normal(shape) / numpy.sqrt(shape[-1])).astype(numpy.float32)

    tokens = [b"<unk>", b"<s>", b"</s>"] + [f"<0x{byte:02X}>".encode() for byte in range(256)]
    kinds = [gguf.TokenType.UNKNOWN, gguf.TokenType.CONTROL, gguf.TokenType.CONTROL]
    kinds += [gguf.TokenType.BYTE] * 256
    # Readable answers make readable failures: they have letters, and the end is never the likeliest token.
    output = weights(len(tokens), EMBED)
    output[:3] = 0
    letters = [3 + ord(c) for c in "abcdefghijklmnopqrstuvwxyz "]
    output[letters] *= 8

    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_name("tiny-random")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(EMBED)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(FEED_FORWARD)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(EMBED // HEADS)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([0.0] * len(tokens))
    writer.add_token_types(kinds)
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_add_bos_token(True)
    writer.add_add_space_prefix(False)

    writer.add_tensor("token_embd.weight", weights(len(tokens), EMBED))
    for layer in range(LAYERS):
        ones = numpy.ones(EMBED, dtype=numpy.float32)
        writer.add_tensor(f"blk.{layer}.attn_norm.weight", ones)
        writer.add_tensor(f"blk.{layer}.ffn_norm.weight", ones)
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            writer.add_tensor(f"blk.{layer}.{name}.weight", weights(EMBED, EMBED))
        for name in ("ffn_gate", "ffn_up"):
            writer.add_tensor(f"blk.{layer}.{name}.weight", weights(FEED_FORWARD, EMBED))
        writer.add_tensor(f"blk.{layer}.ffn_down.weight", weights(EMBED, FEED_FORWARD))
    writer.add_tensor("output_norm.weight", numpy.ones(EMBED, dtype=numpy.float32))
    writer.add_tensor("output.weight", output)

    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    write(sys.argv[1])
