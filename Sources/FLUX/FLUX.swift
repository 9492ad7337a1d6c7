// FLUX
