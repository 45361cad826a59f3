"""The terms of the VAE-GAN, one file each."""
