"""The objects below a manifest, as players find them: HLS, DASH, Smooth Streaming, and files, which are their own."""
import re


def relative(path, reference):
    return path.rsplit("/", 1)[0] + "/" + reference


def playlist(path, text):
    found, content = [path], text(path)
    for line in content.split("\n"):
        uris = [line] if line and not line.startswith("#") else []
        if line.startswith(("#EXT-X-MEDIA:", "#EXT-X-I-FRAME-STREAM-INF:", "#EXT-X-MAP:")):
            uris = re.findall('URI="([^"]*)"', line)
        for uri in uris:
            below = relative(path, uri)
            found += playlist(below, text) if ".m3u8" in uri else [below]
    return found


def smooth(path, text):
    found = [path]
    for stream in text(path).split("<StreamIndex")[1:]:
        template = re.search('Url="([^"]*)"', stream)[1]
        for bitrate in re.findall(r'Bitrate="(\d+)"', stream):
            for start, duration, repeats in re.findall(r'<c t="(\d+)" d="(\d+)"(?: r="(\d+)")?', stream):
                for number in range(int(repeats or 1)):
                    time = str(int(start) + number * int(duration))
                    url = template.replace("{bitrate}", bitrate).replace("{start time}", time)
                    found.append(relative(path, url))
    return found


def dash(path, text):
    found = [path]
    for group in text(path).split("<AdaptationSet")[1:]:
        template = re.search(r'initialization="([^"]*)" media="([^"]*)"', group)
        times = [(int(t), int(d), int(r or 0)) for t, d, r in re.findall(r'<S t="(\d+)" d="(\d+)"(?: r="(\d+)")?', group)]
        for track in re.findall(r'<Representation id="([^"]*)"', group):
            found.append(relative(path, template[1].replace("$RepresentationID$", track)))
            for start, duration, repeats in times:
                for number in range(repeats + 1):
                    time = str(start + number * duration)
                    url = template[2].replace("$RepresentationID$", track).replace("$Time$", time)
                    found.append(relative(path, url))
    return found


def below(manifests, text):
    """Each object once, in order.

    `text` gives the text of a path.
    """
    found = []
    for manifest in manifests:
        if "mpd-" in manifest:
            found += dash(manifest, text)
        elif "m3u8-" in manifest:
            found += playlist(manifest, text)
        else:
            found += [manifest] if ".mp4" in manifest else smooth(manifest, text)
    return sorted(set(found))
