//! Reader of the keys `taxii` and `url`.

use std::path::Path;

use toml::de::DeValue;

use crate::fetch::{Credentials, Remote, RemoteKind, kind_of_url, remote_url};

/// Reads the place of a collection.
pub(super) fn taxii(folder: &Path, value: &DeValue<'_>) -> Option<Remote> {
    let collection = value.as_table()?.get("collection")?.get_ref().as_str()?;
    let is_name = !collection.is_empty() && collection != "." && collection != "..";
    let kind = RemoteKind::Taxii { collection: collection.to_owned() };
    is_name.then(|| remote(folder, value, Some(kind)))?
}

/// Reads the place of a file or a feed: an address, or a table with one.
pub(super) fn url(folder: &Path, value: &DeValue<'_>) -> Option<Remote> {
    let Some(text) = value.as_str() else { return remote(folder, value, None) };
    let url = remote_url(text)?;
    Some(Remote { kind: kind_of_url(&url), url, credentials: None, ca: None, may_be_private: false })
}

fn remote(folder: &Path, value: &DeValue<'_>, kind: Option<RemoteKind>) -> Option<Remote> {
    let table = value.as_table()?;
    let url = remote_url(table.get("url")?.get_ref().as_str()?)?;
    let is_taxii = kind.is_some();
    let kind = kind.unwrap_or_else(|| kind_of_url(&url));
    let mut remote = Remote { kind, url, credentials: None, ca: None, may_be_private: false };
    let mut credentials = Vec::new();
    for (name, value) in table {
        let value = value.get_ref();
        let path = || value.as_str().filter(|path| !path.is_empty()).map(|path| folder.join(path));
        let variable = || value.as_str().filter(|name| !name.is_empty()).map(str::to_owned);
        match name.get_ref().as_ref() {
            "url" => {}
            "collection" if is_taxii => {}
            "user_file" => credentials.push(Credentials::UserFile(path()?)),
            "token_file" => credentials.push(Credentials::TokenFile(path()?)),
            "user_env" => credentials.push(Credentials::UserVariable(variable()?)),
            "token_env" => credentials.push(Credentials::TokenVariable(variable()?)),
            "ca" => remote.ca = Some(path()?),
            "private" => remote.may_be_private = value.as_bool()?,
            _ => return None,
        }
    }
    remote.credentials = credentials.pop();
    credentials.is_empty().then_some(remote)
}
