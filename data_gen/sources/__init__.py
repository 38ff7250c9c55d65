"""Where problems come from: published rows in, Problem records out, one module a source."""

from data_gen.sources import file, published, reasoning_gym
from data_gen.sources.source import Source

SOURCES: dict[str, Source] = {
    "file": Source(file.FileConfig, file.read, lambda config: None),
    "reasoning_gym": Source(reasoning_gym.ReasoningGymConfig, reasoning_gym.read, lambda config: config.limit),
    "apps": Source(published.AppsConfig, None, published.AppsConfig.count),
    "taco": Source(published.TacoConfig, None, published.TacoConfig.count),
    "numina": Source(published.NuminaConfig, None, published.NuminaConfig.count),
    "still2": Source(published.Still2Config, None, published.Still2Config.count),
}
