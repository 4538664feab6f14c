"""Where each model is kept in other programs' files, by program: hf, gguf, fairseq, pytorch."""
