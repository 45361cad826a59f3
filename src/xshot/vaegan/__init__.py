"""The composite multimodal VAE-GAN and the pseudo features it makes (FLEX-CLIP)."""
