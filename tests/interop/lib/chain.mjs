// Bodies that run one after the other, however the one before ended.
export function chain() {
    let last = Promise.resolve();
    return (body) => () => {
        last = last.catch(() => {}).then(body);
        return last;
    };
}
