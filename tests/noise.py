"""What another processor does to a training, as noise."""


def disturb_training(seed=0, size=0.0, threads=None):
    """From now on every optimiser step ends with a rounding error in each weight: w becomes w · (1 + size · N(0, 1)).

    Runs in the kernel of a notebook, which needs no change and keeps its own random numbers: the noise has a generator
    of its own. float64 gets an error as many times smaller as its last bit is (size / 2²⁹).
    threads : how many torch uses, whatever the notebook asks for
    """
    import torch
    from torch.optim.optimizer import register_optimizer_step_post_hook

    generator = torch.Generator().manual_seed(seed)
    relative = {torch.float32: size, torch.float64: size / 2**29}

    @torch.no_grad()
    def disturb(optimizer, args, kwargs):
        for weight in (weight for group in optimizer.param_groups for weight in group["params"]):
            noise = torch.randn(weight.shape, generator=generator, dtype=weight.dtype)
            weight *= (1 + relative[weight.dtype] * noise).to(weight.device)

    if size:
        register_optimizer_step_post_hook(disturb)
    if threads:
        torch.set_num_threads(threads)
        torch.set_num_threads = lambda count: None
